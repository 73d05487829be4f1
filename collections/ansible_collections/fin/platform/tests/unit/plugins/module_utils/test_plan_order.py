# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The planner: what is in, in which order, and the digest that ties evidence to it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.fin.platform.plugins.module_utils import _catalogue
from ansible_collections.fin.platform.tests.unit.planning import plan

FULL = {"spec": {"profile": "full"}}


def names(plan_: dict[str, Any]) -> list[str]:
    """The releases' names in order."""
    return [release["name"] for release in plan_["releases"]]


def test_order_follows_needs_then_names(tmp_path: Path) -> None:
    """What is needed comes first; where needs leave a choice, the alphabet decides."""
    assert names(plan(tmp_path, FULL)) == ["network", "metrics", "storage", "monitoring"]


def test_order_does_not_depend_on_how_the_catalogue_was_read(tmp_path: Path) -> None:
    """Any order of the same components gives the same plan."""
    plan(tmp_path)
    catalogue = _catalogue.load(tmp_path / "catalogue", [])
    orders = {
        tuple(component.name for component in _catalogue.order(dict(items)))
        for items in itertools.permutations(catalogue.items())
    }
    assert len(orders) == 1


def test_profile_and_provider_filter(tmp_path: Path) -> None:
    """The core profile holds less than the full one, and a provider with a network of its own gets none."""
    assert names(plan(tmp_path)) == ["network", "metrics", "storage"]
    existing = {"provider": "existing", "cluster": {"api_port": None}, "expose": {"gateway": {"host_port": None}}}
    assert names(plan(tmp_path, {"spec": existing})) == ["metrics", "storage"]


def test_environment_switches_single_components(tmp_path: Path) -> None:
    """A component of another profile can be added, and one that nothing needs left out."""
    switches = {"monitoring": {"enabled": True, "values": {"replicas": 2}}}
    made = plan(tmp_path, {"spec": {"components": switches}})
    assert names(made) == ["network", "metrics", "storage", "monitoring"]
    assert made["releases"][-1]["values"] == {"replicas": 2}
    assert names(plan(tmp_path, {"spec": {"components": {"storage": {"enabled": False}}}})) == ["network", "metrics"]


def test_release_carries_what_its_installation_needs(tmp_path: Path) -> None:
    """Values files of this provider only, where to look for readiness, and what to build."""
    made = plan(tmp_path)
    network = made["releases"][0]
    assert [Path(file).name for file in network["values_files"]] == ["values.yml", "values.kind.yml"]
    assert network["ready"] == [{"kind": "DaemonSet", "name": "network", "namespace": "kube-system"}]
    assert made["programs"] == ["network/chart", "storage/chart"]
    assert {"network", "storage", "postgresql", "gateway"} <= set(made["images"])


def test_namespaces_of_the_environment_and_of_components(tmp_path: Path) -> None:
    """Ours in the order of the zones, then the components', which nobody has to declare."""
    found = plan(tmp_path)["namespaces"]
    assert [(n["name"], n["zone"], n["existing"]) for n in found] == [
        ("edge", "edge", False),
        ("application", "application", False),
        ("cde", "cde", False),
        ("data", "data", False),
        ("kube-system", "platform", True),
        ("storage-system", "platform", False),
    ]


def test_differences_are_laid_over_declarations(tmp_path: Path) -> None:
    """An environment changes single values of a service, and nothing beside them."""
    made = plan(tmp_path, {"spec": {"services": {"identity": {"scale": {"max": 5}}}}})["services"]["identity"]
    assert made["scale"] == {"min": 2, "max": 5, "target_cpu": 70}
    assert made["namespace"] == "application"


def test_digest_is_the_same_wherever_the_files_lie(tmp_path: Path) -> None:
    """Another checkout, another home directory: the same plan."""
    first = plan(tmp_path / "here")
    second = plan(tmp_path / "there", {"spec": {"cluster": {"kubeconfig": "/elsewhere"}}})
    assert first["digest"] == second["digest"]


@pytest.mark.parametrize(
    "patch",
    [
        {"text": {"catalogue/network/values.yml": "replicas: 3"}},
        {"spec": {"services": {"identity": {"scale": {"max": 5}}}}},
        {"services": {"identity": {"log_level": "DEBUG"}}},
        {"spec": {"access": {"roles": {"viewer": {"groups": ["fin:other"]}}}}},
    ],
    ids=["values", "environment", "service", "access"],
)
def test_digest_changes_with_whatever_is_wanted(tmp_path: Path, patch: dict[str, Any]) -> None:
    """Nothing that shapes the cluster is left out of the digest."""
    assert plan(tmp_path / "a")["digest"] != plan(tmp_path / "b", patch)["digest"]


def test_summary_can_be_read(tmp_path: Path) -> None:
    """A line for each component and service."""
    lines = plan(tmp_path)["summary"]
    assert lines[0].startswith("environment test on kind, profile core, plan ")
    assert lines[1] == "1. network 1.2.3 in kube-system (sha256:aaaaaaaaaaaa)"
    assert lines[3] == "3. storage 0.29.0 in storage-system, after network (digest unknown: the repository was away)"
    assert "service transactions in cde, 2 to 4 pods, calls identity, database ledger" in lines
