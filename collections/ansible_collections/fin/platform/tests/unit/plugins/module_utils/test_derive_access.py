# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RBAC from the matrix, decided verb by verb."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.fin.platform.plugins.module_utils._access import ENTER, VERBS
from ansible_collections.fin.platform.plugins.module_utils._derive_access import access_objects
from ansible_collections.fin.platform.tests.unit.planning import plan
from ansible_collections.fin.platform.tests.unit.rbac import allowed


@pytest.fixture
def objects(tmp_path: Path) -> list[dict[str, Any]]:
    """The derived objects of the valid environment."""
    return access_objects(plan(tmp_path))


@pytest.mark.parametrize("group", ["fin:viewer", "fin:developer", "fin:auditor"])
@pytest.mark.parametrize(
    "namespace", ["edge", "application", "cde", "data", "storage-system", "kube-system", "default"]
)
def test_nobody_else_reaches_secrets(objects: list[dict[str, Any]], group: str, namespace: str) -> None:
    """No verb on Secrets in any namespace."""
    assert not [verb for verb in VERBS if allowed(objects, group, verb, "secrets", namespace)]


@pytest.mark.parametrize("group", ["fin:viewer", "fin:developer", "fin:auditor"])
@pytest.mark.parametrize("namespace", ["cde", "data"])
def test_nobody_else_enters_pods(objects: list[dict[str, Any]], group: str, namespace: str) -> None:
    """No way into a pod where card data or records are."""
    ways = [(verb, way) for way in ENTER for verb in VERBS if allowed(objects, group, verb, way, namespace)]
    assert not ways


def test_roles_may_what_the_matrix_says(objects: list[dict[str, Any]]) -> None:
    """Each right exactly where it was given."""
    assert allowed(objects, "fin:viewer", "list", "deployments.apps", "cde")
    assert not allowed(objects, "fin:viewer", "list", "deployments.apps", "storage-system")
    assert not allowed(objects, "fin:viewer", "list", "deployments", "cde")
    assert allowed(objects, "fin:developer", "create", "pods/portforward", "edge")
    assert not allowed(objects, "fin:developer", "get", "pods/log", "cde")
    assert allowed(objects, "fin:auditor", "get", "configmaps", "default")
    assert allowed(objects, "fin:break-glass", "get", "secrets", "cde")
    assert not allowed(objects, "fin:break-glass", "get", "secrets", "default")
    assert not allowed(objects, "system:authenticated", "get", "pods", "edge")


def test_no_wildcards(objects: list[dict[str, Any]]) -> None:
    """Verbs, resources and API groups are named one by one."""
    rules = [rule for o in objects if o["kind"] == "ClusterRole" for rule in o["rules"]]
    assert rules
    assert not [rule for rule in rules if "*" in (*rule["verbs"], *rule["resources"], *rule["apiGroups"])]


def test_tokens_are_not_mounted_unless_asked_for(objects: list[dict[str, Any]]) -> None:
    """The service account that pods get by default gives them no token."""
    accounts = [o for o in objects if o["kind"] == "ServiceAccount"]
    assert {o["metadata"]["namespace"] for o in accounts} >= {"edge", "application", "cde", "data", "storage-system"}
    assert all(o["automountServiceAccountToken"] is False for o in accounts)
