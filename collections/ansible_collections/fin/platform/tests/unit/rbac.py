# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides like Kubernetes' RBAC authorizer, from manifests: https://kubernetes.io/docs/reference/access-authn-authz/rbac/"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]


def allowed(objects: list[Object], group: str, verb: str, resource: str, namespace: str | None) -> bool:
    """Whether members of a group may use a verb on a resource, written as kubectl writes it: `deployments/scale.apps`."""
    plural, _dot, api_group = resource.partition(".")
    return any(
        verb in rule["verbs"] and plural in rule["resources"] and api_group in rule["apiGroups"]
        for rule in _rules(objects, group, namespace)
    )


def _rules(objects: list[Object], group: str, namespace: str | None) -> Iterator[Object]:
    roles = {o["metadata"]["name"]: o["rules"] for o in objects if o["kind"] == "ClusterRole"}
    for binding in objects:
        everywhere = binding["kind"] == "ClusterRoleBinding"
        here = binding["kind"] == "RoleBinding" and binding["metadata"]["namespace"] == namespace
        if everywhere or here:
            members = [s["name"] for s in binding["subjects"] if s["kind"] == "Group"]
            if group in members:
                yield from roles[binding["roleRef"]["name"]]
