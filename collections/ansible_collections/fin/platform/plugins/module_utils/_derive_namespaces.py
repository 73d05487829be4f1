# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Namespaces by trust zone, each with its pod-security level, quota and limits, and the priorities of pods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._derive_common import ZONE_LABEL, Object, manifest

_PRIORITY_CLASSES = (
    ("fin-data", 900000, "The database: everything else waits for it."),
    ("fin-cde", 800000, "Services that post payments."),
    ("fin-service", 700000, "All other services of the bank."),
    ("fin-batch", 100000, "Work that can be done later."),
)


def namespace_objects(plan: Mapping[str, Any]) -> list[Object]:
    """All namespaces of the plan that are ours to make, and what limits them."""
    objects = [
        manifest("PriorityClass", "scheduling.k8s.io/v1", name, value=value, globalDefault=False, description=text)
        for name, value, text in _PRIORITY_CLASSES
    ]
    for namespace in plan["namespaces"]:
        if not namespace["existing"]:
            objects += [_namespace(namespace), _quota(namespace, plan["provider"]), _limits(namespace)]
    return objects


def _namespace(namespace: Mapping[str, Any]) -> Object:
    level = namespace["pod_security"]
    labels = {ZONE_LABEL: namespace["zone"]}
    for mode, strictness in (("enforce", level), ("audit", "restricted"), ("warn", "restricted")):
        labels[f"pod-security.kubernetes.io/{mode}"] = strictness
        labels[f"pod-security.kubernetes.io/{mode}-version"] = "latest"
    reason = {"fin.platform/pod-security-reason": namespace["reason"]} if namespace.get("reason") else None
    return manifest("Namespace", "v1", namespace["name"], labels=labels, annotations=reason)


def _quota(namespace: Mapping[str, Any], provider: str) -> Object:
    quota, public = namespace["quota"], namespace["public_services"]
    hard = {
        "requests.cpu": quota["cpu"],
        "requests.memory": quota["memory"],
        "limits.memory": quota["memory_limit"],
        "pods": str(quota["pods"]),
        "requests.storage": quota["storage"],
        "persistentvolumeclaims": str(quota["volumes"]),
        # A port on every node, or a load balancer, is a way in: as many as there are public services.
        "services.nodeports": str(public),
        "services.loadbalancers": str(0 if provider == "kind" else public),
    }
    return manifest("ResourceQuota", "v1", "quota", namespace["name"], spec={"hard": hard})


def _limits(namespace: Mapping[str, Any]) -> Object:
    limits = namespace["limits"]
    entry = {"type": "Container", "default": limits["default"], "defaultRequest": limits["request"]}
    if "max" in limits:
        entry["max"] = limits["max"]
    return manifest("LimitRange", "v1", "limits", namespace["name"], spec={"limits": [entry]})
