"""Playbooks: short lists of roles that parse with every inventory."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.rules.files import load, name, playbooks
from tests.runner.stage import TREE

LONGEST = 40
INVENTORIES = sorted(path for path in (TREE / "inventories").glob("*") if path.is_dir() and path.name != "common")


@pytest.mark.parametrize("playbook", playbooks(), ids=name)
def test_playbook_is_short(playbook: Path) -> None:
    """A playbook is a list of roles: no logic."""
    assert len(playbook.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("playbook", playbooks(), ids=name)
def test_playbook_states_no_variables(playbook: Path) -> None:
    """Wanted state lives in inventories only."""
    assert not [play.get("name") for play in load(playbook) if play.get("vars")]


@pytest.mark.syntax
@pytest.mark.parametrize("inventory", INVENTORIES, ids=name)
def test_playbooks_parse(inventory: Path) -> None:
    """Every playbook and all that it imports is understood by ansible-playbook."""
    files = [name(playbook) for playbook in playbooks()]
    command = ["ansible-playbook", "--syntax-check", "-i", name(inventory), *files]
    done = subprocess.run(command, cwd=TREE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
