# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which order the objects of a set are applied: what others stand on comes first."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.fin.platform.plugins.module_utils._manifests_item import Item

# Each wave is applied as a whole before the next begins; within one the order does not matter.
WAVES = ("foundation", "configuration", "custom", "workload", "gate")

FOUNDATION = {("", "Namespace"), ("apiextensions.k8s.io", "CustomResourceDefinition")}
CONFIGURATION_GROUPS = {
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
}
WORKLOADS = {
    ("", "Pod"),
    ("", "ReplicationController"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("batch", "CronJob"),
    ("batch", "Job"),
}
# They decide about all other objects, so a set must not be refused by what it brings itself.
GATE_GROUPS = {"admissionregistration.k8s.io", "apiregistration.k8s.io", "kyverno.io", "policies.kyverno.io"}


def wave(group: str, kind: str) -> int:
    """The wave of a kind, as an index of WAVES."""
    if (group, kind) in FOUNDATION:
        return 0
    if group in GATE_GROUPS:
        return 4
    if (group, kind) in WORKLOADS:
        return 3
    if group == "" or group in CONFIGURATION_GROUPS:
        return 1
    return 2


def waves(items: Iterable[Item]) -> list[list[Item]]:
    """The items by wave, empty waves left out."""
    found: list[list[Item]] = [[] for _name in WAVES]
    for item in items:
        found[wave(item.group, item.kind)].append(item)
    return [items for items in found if items]
