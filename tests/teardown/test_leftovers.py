"""After `make down` the machine looks as it did before `make up`."""

from __future__ import annotations

import json

import pytest

from tests.live import cluster
from tests.teardown import machine

KINDS = sorted(machine.look())


@pytest.fixture(scope="module")
def leftovers() -> machine.Machine:
    """What is there now and was not when the run began."""
    before = json.loads(machine.BEFORE.read_text(encoding="utf-8"))
    return machine.new(before, machine.look())


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left(leftovers: machine.Machine, kind: str) -> None:
    """No mount, link, rule, control group or process of ours."""
    assert leftovers.get(kind, []) == []


def test_kubeconfig_is_gone() -> None:
    """Nobody holds credentials of a cluster that is not there."""
    assert not cluster.KUBECONFIG.exists()
