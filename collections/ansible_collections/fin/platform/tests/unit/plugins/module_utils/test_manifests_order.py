# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of an apply."""

from __future__ import annotations

import pytest

from ansible_collections.fin.platform.plugins.module_utils._manifests_item import Item
from ansible_collections.fin.platform.plugins.module_utils._manifests_order import WAVES, wave, waves


@pytest.mark.parametrize(
    ("group", "kind", "name"),
    [
        ("", "Namespace", "foundation"),
        ("apiextensions.k8s.io", "CustomResourceDefinition", "foundation"),
        ("", "Secret", "configuration"),
        ("", "ServiceAccount", "configuration"),
        ("rbac.authorization.k8s.io", "RoleBinding", "configuration"),
        ("networking.k8s.io", "NetworkPolicy", "configuration"),
        ("scheduling.k8s.io", "PriorityClass", "configuration"),
        ("postgresql.cnpg.io", "Cluster", "custom"),
        ("security.istio.io", "PeerAuthentication", "custom"),
        ("", "Pod", "workload"),
        ("apps", "Deployment", "workload"),
        ("batch", "Job", "workload"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy", "gate"),
        ("kyverno.io", "ClusterPolicy", "gate"),
    ],
)
def test_wave(group: str, kind: str, name: str) -> None:
    assert WAVES[wave(group, kind)] == name


def test_what_others_stand_on_comes_first() -> None:
    kinds = [("apps/v1", "Deployment"), ("v1", "ConfigMap"), ("v1", "Namespace"), ("v1", "Secret")]
    items = [Item({"apiVersion": api, "kind": kind, "metadata": {"name": "a"}}, None) for api, kind in kinds]
    assert [[item.kind for item in group] for group in waves(items)] == [
        ["Namespace"],
        ["ConfigMap", "Secret"],
        ["Deployment"],
    ]
