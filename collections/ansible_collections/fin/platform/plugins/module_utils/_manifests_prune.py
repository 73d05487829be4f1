# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Delete what a set no longer holds, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._kube_client import KubeClient
from ansible_collections.fin.platform.plugins.module_utils._kube_discovery import Resource
from ansible_collections.fin.platform.plugins.module_utils._kube_errors import KubeAnswerError, KubeError
from ansible_collections.fin.platform.plugins.module_utils._kube_secrets import GENERATED_ANNOTATION
from ansible_collections.fin.platform.plugins.module_utils._manifests_apply import Outcome, explain
from ansible_collections.fin.platform.plugins.module_utils._manifests_item import Item, Key
from ansible_collections.fin.platform.plugins.module_utils._manifests_order import wave

PRUNE_ANNOTATION = "fin.platform/prune"
# What goes with these cannot be made again by applying a manifest.
DATA_BEARING = {
    ("", "Namespace"): "everything in the namespace would go",
    ("", "PersistentVolume"): "it holds data",
    ("", "PersistentVolumeClaim"): "it holds data",
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "all objects of this kind would go",
    ("apps", "StatefulSet"): "it keeps data",
    ("postgresql.cnpg.io", "Backup"): "it is a backup",
    ("postgresql.cnpg.io", "Cluster"): "it is a database",
    ("postgresql.cnpg.io", "Database"): "it is a database",
    ("snapshot.storage.k8s.io", "VolumeSnapshot"): "it holds data",
    ("snapshot.storage.k8s.io", "VolumeSnapshotContent"): "it holds data",
}


@dataclass
class Doomed:
    """What is to be deleted, and what is kept although the set no longer holds it.

    :param kept: object and reason
    """

    delete: list[Item] = field(default_factory=list)
    kept: list[tuple[Item, str]] = field(default_factory=list)


def choose(owned: Sequence[tuple[Resource, dict[str, Any]]], wanted: Collection[Key], field_manager: str) -> Doomed:
    """Decide which of a set's objects go: pure.

    :param owned: the objects that carry the set's labels
    :param wanted: keys of the objects that the set holds now
    :param field_manager: who applied them; an object with the set's labels that it did not apply is a copy made by a
        controller, or somebody else's
    """
    doomed = Doomed()
    for resource, body in owned:
        item = Item(body, resource)
        if item.key in wanted or body["metadata"].get("deletionTimestamp") or not _applied_by(body, field_manager):
            continue
        reason = _guard(item)
        if reason:
            doomed.kept.append((item, reason))
        else:
            doomed.delete.append(item)
    doomed.delete.sort(key=lambda item: -wave(item.group, item.kind))
    return doomed


def _applied_by(body: Mapping[str, Any], field_manager: str) -> bool:
    entries = body["metadata"].get("managedFields") or []
    applied = any(entry.get("manager") == field_manager and entry.get("operation") == "Apply" for entry in entries)
    controlled = any(owner.get("controller") for owner in body["metadata"].get("ownerReferences") or [])
    return applied and not controlled


def _guard(item: Item) -> str:
    """Why an object is kept, or nothing."""
    annotations = item.body["metadata"].get("annotations") or {}
    choice = annotations.get(PRUNE_ANNOTATION)
    if choice == "allow":
        return ""
    if choice is not None:
        return f"its annotation {PRUNE_ANNOTATION} is {choice!r}"
    reason = DATA_BEARING.get((item.group, item.kind), "")
    if not reason and GENERATED_ANNOTATION in annotations:
        reason = "its content was generated and exists nowhere else"
    return f"{reason}; annotate it with {PRUNE_ANNOTATION}: allow to have it deleted" if reason else ""


def delete(client: KubeClient, item: Item, dry_run: bool) -> Outcome | None:
    """Delete an object, if it is still the one that was read.

    :returns: None when somebody else deleted it meanwhile
    """
    if item.resource is None:
        raise KubeError(f"{item}: its kind is not known")
    options: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Background",
        "preconditions": {"uid": item.body["metadata"]["uid"]},
    }
    if dry_run:
        options["dryRun"] = ["All"]  # in the query the server would not look at it, because there is a body
    path = item.resource.path(item.namespace, item.name)
    try:
        before = client.get(path)
        client.request("DELETE", path, body=options)
    except KubeAnswerError as e:
        if e.status == 404:
            return Outcome(item, "pruned", before=item.body) if e.repeated else None
        return Outcome(item, "", error=explain(e))
    except KubeError as e:
        return Outcome(item, "", error=str(e))
    return Outcome(item, "pruned", before=before)
