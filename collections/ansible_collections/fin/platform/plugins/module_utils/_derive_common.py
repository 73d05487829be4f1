# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all derived objects have in common. Every derivation returns plain manifests, to be applied or written to files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]

MANAGED_BY = "fin.platform"
PART_OF = "fin-platform"
NAME_LABEL = "app.kubernetes.io/name"
PART_OF_LABEL = "app.kubernetes.io/part-of"
ZONE_LABEL = "fin.platform/zone"
DATABASE = "platform-db"
DATABASE_NAMESPACE = "data"
DATABASE_PORT = 5432
DATABASE_CA = "platform-db-ca"
# The most important pods last: when a node is full, those of lower priority make room.
PRIORITIES = {"data": "fin-data", "cde": "fin-cde", "edge": "fin-service", "application": "fin-service"}


def manifest(
    kind: str,
    api_version: str,
    name: str,
    namespace: str | None = None,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    **content: Any,
) -> Object:
    """A manifest with the labels that all our objects carry."""
    metadata: Object = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    metadata["labels"] = {
        NAME_LABEL: name if len(name) < 64 and name.isascii() and ":" not in name else PART_OF,
        PART_OF_LABEL: PART_OF,
        "app.kubernetes.io/managed-by": MANAGED_BY,
        **(labels or {}),
    }
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def service_pods(name: str) -> dict[str, str]:
    """The labels by which a service's pods are selected; they can never change."""
    return {NAME_LABEL: name, PART_OF_LABEL: PART_OF}


def database_pods() -> dict[str, str]:
    """The labels that the operator gives to all pods of the database, jobs too."""
    return {"cnpg.io/cluster": DATABASE}


def with_database(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The services that own a database."""
    return [service for service in plan["services"].values() if "database" in service]


def has_component(plan: Mapping[str, Any], name: str) -> bool:
    """Whether the plan holds a component."""
    return any(release["name"] == name for release in plan["releases"])
