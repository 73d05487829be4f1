# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RBAC from the matrix: one ClusterRole for each role and zone, bound in the namespaces of that zone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._access import split
from ansible_collections.fin.platform.plugins.module_utils._derive_common import ZONE_LABEL, Object, manifest

_RBAC = "rbac.authorization.k8s.io"


def access_objects(plan: Mapping[str, Any]) -> list[Object]:
    """ClusterRoles and bindings, and no service account's token in a pod that did not ask for it."""
    access = plan["spec"]["access"]
    zones: dict[str, list[str]] = {}
    for namespace in plan["namespaces"]:
        zones.setdefault(namespace["zone"], []).append(namespace["name"])
    objects = [_default_account(namespace["name"]) for namespace in plan["namespaces"] if not namespace["existing"]]
    for role, entry in sorted(access["roles"].items()):
        for zone in ("cluster", *zones):
            rules = _rules([rule for rule in entry["rules"] if zone in rule["zones"]], access["resources"])
            if rules:
                objects += _role(role, entry, zone, rules, zones.get(zone, []))
    return objects


def _default_account(namespace: str) -> Object:
    return manifest("ServiceAccount", "v1", "default", namespace, automountServiceAccountToken=False)


def _role(role: str, entry: Mapping[str, Any], zone: str, rules: list[Object], namespaces: list[str]) -> list[Object]:
    name = f"fin:{role.replace('_', '-')}:{zone}"
    labels = {ZONE_LABEL: zone, "fin.platform/role": role}
    note = {"fin.platform/description": entry["description"]}
    reference = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": name}
    subjects = [{"apiGroup": _RBAC, "kind": "Group", "name": group} for group in entry["groups"]]
    found = [manifest("ClusterRole", f"{_RBAC}/v1", name, labels=labels, annotations=note, rules=rules)]
    if zone == "cluster":
        found.append(
            manifest("ClusterRoleBinding", f"{_RBAC}/v1", name, labels=labels, roleRef=reference, subjects=subjects)
        )
    for namespace in namespaces:
        found.append(
            manifest("RoleBinding", f"{_RBAC}/v1", name, namespace, labels=labels, roleRef=reference, subjects=subjects)
        )
    return found


def _rules(entries: list[Mapping[str, Any]], groups: Mapping[str, list[str]]) -> list[Object]:
    """RBAC's rules, one for each API group and set of verbs, in a stable order."""
    collected: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for entry in entries:
        for name in entry["resources"]:
            for resource in groups[name]:
                group, plural = split(resource)
                collected.setdefault((group, tuple(sorted(entry["verbs"]))), set()).add(plural)
    return [
        {"apiGroups": [group], "resources": sorted(resources), "verbs": list(verbs)}
        for (group, verbs), resources in sorted(collected.items())
    ]
