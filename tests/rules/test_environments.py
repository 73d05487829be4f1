"""Environments: each can be planned, states only its differences, and gives nobody what nobody may have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.rules.environments import NAMES, collection, environment, plan

GROUPS = ("fin:viewer", "fin:developer", "fin:operator", "fin:release-manager", "fin:auditor")
# Whoever makes a pod can mount every Secret of its namespace.
PODS = (
    "pods",
    "deployments.apps",
    "statefulsets.apps",
    "daemonsets.apps",
    "replicasets.apps",
    "jobs.batch",
    "cronjobs.batch",
)


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """Each environment's name."""
    found: str = request.param
    return found


def leaves(data: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """All values of nested mappings with their paths."""
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield from leaves(value, (*path, key))
    else:
        yield path, data


def rights(name: str) -> list[dict[str, Any]]:
    """The RBAC objects of an environment."""
    found: list[dict[str, Any]] = collection("plugins.module_utils._derive_access").access_objects(plan(name))
    return found


def test_environment_is_planned(name: str) -> None:
    """Nothing is wrong with it, and it is called what its inventory is called."""
    assert plan(name)["environment"] == name
    assert plan(name)["releases"]
    assert plan(name)["services"]


def test_environment_states_only_its_differences(name: str) -> None:
    """What it has in common with the others is stated once, in common."""
    common = dict(leaves(environment(name).common))
    repeated = [
        ".".join(path) for path, value in leaves(environment(name).own) if path in common and common[path] == value
    ]
    assert not repeated


def test_everything_can_be_derived(name: str) -> None:
    """With any images, all objects of the environment come out."""
    made = plan(name)
    images = {image: {"ref": f"registry.example.org/{image}"} for image in made["images"]}
    assert collection("plugins.module_utils._derive_namespaces").namespace_objects(made)
    assert collection("plugins.module_utils._derive_network").network_policy_objects(made)
    assert collection("plugins.module_utils._derive_database").database_objects(made, images)
    assert collection("plugins.module_utils._derive_service").service_objects(made, images)


@pytest.mark.parametrize("group", GROUPS)
def test_nobody_but_break_glass_reaches_secrets_or_shells(name: str, group: str) -> None:
    """Every verb on every way in, in every namespace of the plan and in one that is not ours."""
    access, rbac = collection("plugins.module_utils._access"), collection("tests.unit.rbac")
    objects = rights(name)
    ways = ["secrets", "serviceaccounts/token"]
    for namespace, zone in [(n["name"], n["zone"]) for n in plan(name)["namespaces"]] + [("default", "cluster")]:
        closed = zone in access.GUARDED
        forbidden = [(verb, way) for way in [*ways, *(access.ENTER if closed else ())] for verb in access.VERBS]
        forbidden += [(verb, kind) for kind in PODS for verb in access.MAKING if closed]
        found = [f"{verb} {way}" for verb, way in forbidden if rbac.allowed(objects, group, verb, way, namespace)]
        assert not found, f"{group} in {namespace}: {found}"


def test_break_glass_reaches_them(name: str) -> None:
    """Otherwise an emergency would need the cluster's own administrator."""
    rbac, objects = collection("tests.unit.rbac"), rights(name)
    assert rbac.allowed(objects, "fin:break-glass", "get", "secrets", "cde")
    assert rbac.allowed(objects, "fin:break-glass", "create", "pods/exec", "data")


def test_auditors_read_everything_but_secrets(name: str) -> None:
    """Every resource that anybody may read, in any namespace, and nothing more than read."""
    rbac, objects = collection("tests.unit.rbac"), rights(name)
    resources = {r for group in plan(name)["spec"]["access"]["resources"].values() for r in group}
    readable = {r for r in resources if "/" not in r and r != "secrets"} | {"pods/log"}
    assert not [r for r in readable if not rbac.allowed(objects, "fin:auditor", "list", r, "default")]
    writing = ("create", "delete", "deletecollection", "patch", "update")
    assert not [(v, r) for v in writing for r in resources if rbac.allowed(objects, "fin:auditor", v, r, "application")]
