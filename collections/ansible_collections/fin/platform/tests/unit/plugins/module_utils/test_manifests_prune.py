# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a set may go."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.fin.platform.plugins.module_utils._kube_discovery import Resource
from ansible_collections.fin.platform.plugins.module_utils._manifests_prune import choose

MANAGER = "fin.platform"
OURS = [{"manager": MANAGER, "operation": "Apply"}]


def owned(api_version: str, kind: str, **metadata: Any) -> tuple[Resource, dict[str, Any]]:
    group = api_version.rpartition("/")[0]
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a", "managedFields": OURS, **metadata}}
    return Resource(group, "v1", kind, kind.lower() + "s", True, frozenset()), body


def test_what_is_wanted_stays() -> None:
    doomed = choose([owned("v1", "ConfigMap", namespace="x")], {("", "ConfigMap", "x", "a")}, MANAGER)
    assert not doomed.delete
    assert not doomed.kept


def test_what_is_not_wanted_goes() -> None:
    assert [str(item) for item in choose([owned("v1", "ConfigMap", namespace="x")], (), MANAGER).delete] == [
        "ConfigMap x/a"
    ]


@pytest.mark.parametrize(
    "metadata",
    [
        {"managedFields": [{"manager": "kubectl", "operation": "Apply"}]},
        {"managedFields": [{"manager": MANAGER, "operation": "Update"}]},
        {"managedFields": None},
        {"ownerReferences": [{"controller": True}]},
        {"deletionTimestamp": "2026-11-01T00:00:00Z"},
    ],
    ids=["another's", "not applied", "unknown", "a controller's", "going already"],
)
def test_what_is_not_ours_is_left_alone(metadata: dict[str, Any]) -> None:
    doomed = choose([owned("v1", "ConfigMap", **metadata)], (), MANAGER)
    assert not doomed.delete
    assert not doomed.kept


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("v1", "Namespace"),
        ("v1", "PersistentVolumeClaim"),
        ("v1", "PersistentVolume"),
        ("apps/v1", "StatefulSet"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        ("postgresql.cnpg.io/v1", "Cluster"),
        ("postgresql.cnpg.io/v1", "Database"),
    ],
)
def test_data_goes_only_when_it_says_so_itself(api_version: str, kind: str) -> None:
    ((_item, reason),) = choose([owned(api_version, kind)], (), MANAGER).kept
    assert "fin.platform/prune: allow" in reason
    allowed = owned(api_version, kind, annotations={"fin.platform/prune": "allow"})
    assert len(choose([allowed], (), MANAGER).delete) == 1


def test_anything_may_ask_to_be_kept() -> None:
    ((_item, reason),) = choose(
        [owned("v1", "ConfigMap", annotations={"fin.platform/prune": "never"})], (), MANAGER
    ).kept
    assert "'never'" in reason


def test_generated_secrets_are_kept() -> None:
    generated = owned("v1", "Secret", annotations={"fin.platform/generated": "password"})
    assert len(choose([generated], (), MANAGER).kept) == 1


def test_workloads_go_before_what_they_stand_on() -> None:
    doomed = choose([owned("v1", "ConfigMap"), owned("apps/v1", "Deployment")], (), MANAGER)
    assert [item.kind for item in doomed.delete] == ["Deployment", "ConfigMap"]
