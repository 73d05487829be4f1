# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what a cluster holds of a set: one list per kind, by the set's label."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._kube_client import METADATA_LIST, KubeClient
from ansible_collections.fin.platform.plugins.module_utils._kube_discovery import Discovery, Resource
from ansible_collections.fin.platform.plugins.module_utils._kube_errors import KubeAnswerError
from ansible_collections.fin.platform.plugins.module_utils._manifests_item import (
    MANAGED_BY,
    MANAGED_LABEL,
    SET_LABEL,
    Item,
    Key,
)

# They carry the labels of what they were made for, or are records; nobody applies them.
NEVER_APPLIED = {
    ("", "Endpoints"),
    ("", "Event"),
    ("coordination.k8s.io", "Lease"),
    ("discovery.k8s.io", "EndpointSlice"),
    ("events.k8s.io", "Event"),
}


def selector(set_name: str) -> str:
    """The labels by which a set's objects are known."""
    return f"{SET_LABEL}={set_name},{MANAGED_LABEL}={MANAGED_BY}"


def read_live(
    client: KubeClient, executor: Executor, items: Iterable[Item], set_name: str
) -> dict[Key, dict[str, Any]]:
    """The set's objects of the kinds that the set has now, by key.

    :raises KubeError: a list cannot be read
    """
    items = list(items)
    by_kind: dict[tuple[str, str], Resource] = {}
    for item in items:
        if item.resource is not None:
            by_kind.setdefault((item.group, item.kind), item.resource)

    def read(resource: Resource) -> list[tuple[Key, dict[str, Any]]]:
        try:
            found = list(client.items(resource.path(), labelSelector=selector(set_name)))
        except KubeAnswerError as e:
            if e.status == 404:  # defined by this set, and not served yet
                return []
            if e.status == 403:
                found = _allowed(client, resource, items)
            else:
                raise
        for body in found:  # a list leaves out what all its items share
            body["apiVersion"], body["kind"] = resource.api_version, resource.kind
        return [(_key(resource, body), body) for body in found]

    return dict(pair for pairs in executor.map(read, by_kind.values()) for pair in pairs)


def _allowed(client: KubeClient, resource: Resource, items: list[Item]) -> list[dict[str, Any]]:
    """Object by object, for credentials that may not list a kind everywhere."""
    wanted = [item for item in items if (item.group, item.kind) == (resource.group, resource.kind)]
    found = [client.find(resource.path(item.namespace, item.name)) for item in wanted]
    return [body for body in found if body is not None]


def foreign_sets(client: KubeClient, resource: Resource, set_name: str) -> dict[Key, str]:
    """The sets that objects of a kind belong to, where it is another one."""
    query = {"labelSelector": f"{SET_LABEL},{SET_LABEL}!={set_name},{MANAGED_LABEL}={MANAGED_BY}"}
    found = client.items(resource.path(), accept=METADATA_LIST, **query)
    return {_key(resource, body): body["metadata"]["labels"][SET_LABEL] for body in found}


def read_owned(
    client: KubeClient, executor: Executor, discovery: Discovery, set_name: str
) -> tuple[list[tuple[Resource, dict[str, Any]]], list[str]]:
    """The metadata of all objects of a set, of whatever kind, and the kinds that could not be read.

    :returns: (kind, metadata as an object) and warnings
    """
    resources = [
        resource
        for resource in discovery.preferred()
        if {"list", "delete", "patch"} <= resource.verbs and (resource.group, resource.kind) not in NEVER_APPLIED
    ]

    def read(resource: Resource) -> tuple[Resource, list[dict[str, Any]], str]:
        query = {"labelSelector": selector(set_name)}
        try:
            return resource, list(client.items(resource.path(), accept=METADATA_LIST, **query)), ""
        except KubeAnswerError as e:
            missing = e.status == 404
            return resource, [], "" if missing else f"{resource.api_version} {resource.kind} is not pruned: {e.message}"

    found: list[tuple[Resource, dict[str, Any]]] = []
    warnings: list[str] = []
    for resource, bodies, warning in executor.map(read, resources):
        warnings += [warning] if warning else []
        for body in bodies:
            found.append((resource, {**body, "apiVersion": resource.api_version, "kind": resource.kind}))
    return found, warnings


def _key(resource: Resource, body: dict[str, Any]) -> Key:
    metadata = body["metadata"]
    return (resource.group, resource.kind, metadata.get("namespace") or "", metadata["name"])
