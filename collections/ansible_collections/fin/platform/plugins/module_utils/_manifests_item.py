# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects of a set: checked, all together and before anything is written, and marked as the set's own."""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._kube_discovery import Discovery, Resource, defined_by
from ansible_collections.fin.platform.plugins.module_utils._kube_errors import KubeError

SET_LABEL = "fin.platform/set"
MANAGED_LABEL = "app.kubernetes.io/managed-by"
MANAGED_BY = "fin.platform"
LABEL_VALUE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
# Written by the server only; an object that was read from a cluster may be applied again.
SERVER_FIELDS = ("managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink")

Key = tuple[str, str, str, str]


class InputError(KubeError):
    """The objects cannot be applied as they are; nothing was written."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(problems))


@dataclass(frozen=True)
class Item:
    """An object of the set.

    :param body: what is applied
    :param resource: its kind; None in check mode when the server does not know it yet
    """

    body: dict[str, Any]
    resource: Resource | None

    @property
    def kind(self) -> str:
        return str(self.body["kind"])

    @property
    def namespace(self) -> str:
        return str(self.body["metadata"].get("namespace") or "")

    @property
    def name(self) -> str:
        return str(self.body["metadata"]["name"])

    @property
    def group(self) -> str:
        return group_of(self.body)

    @property
    def key(self) -> Key:
        return (self.group, self.kind, self.namespace, self.name)

    def __str__(self) -> str:
        return title(self.body)


@dataclass
class Inventory:
    """The set, checked.

    :param warnings: what was assumed, in check mode
    """

    items: list[Item] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def group_of(body: Mapping[str, Any]) -> str:
    """The API group of an object; empty for the core one."""
    group, slash, _version = str(body.get("apiVersion", "")).partition("/")
    return group if slash else ""


def title(body: Mapping[str, Any]) -> str:
    """How messages name an object: ``Deployment application/accounts``."""
    metadata = body.get("metadata") or {}
    namespace = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
    return f"{body.get('kind')} {namespace}{metadata.get('name')}"


def read(objects: Sequence[Any], set_name: str, discovery: Discovery, lenient: bool) -> Inventory:
    """Check and mark the objects of a set.

    :param discovery: what the server knows; kinds that the set defines are added to it
    :param lenient: assume that an unknown kind will exist by the time the set is applied (check mode)
    :raises InputError: with every problem found
    """
    problems = [] if LABEL_VALUE.fullmatch(set_name) else [f"set {set_name!r} cannot be the value of a label"]
    sound = []
    for number, body in enumerate(objects, 1):
        found = _problems(body, number, set_name)
        problems += found
        if not found:
            sound.append(body)
    for body in sound:
        if body["kind"] == "CustomResourceDefinition":
            discovery.add(defined_by(body))
    inventory = Inventory()
    unknown: dict[str, str] = {}
    for body in sound:
        resource = discovery.find(body["apiVersion"], body["kind"])
        if resource is None:
            unknown[f"{body['apiVersion']} {body['kind']}"] = title(body)
            if not lenient:
                hint = discovery.hint(body["apiVersion"], body["kind"])
                problems.append(f"{title(body)}: the server does not know {body['apiVersion']} {body['kind']}; {hint}")
        else:
            problems += _misplaced(body, resource)
        inventory.items.append(Item(_marked(body, set_name), resource))
    problems += [
        f"{kind} {namespace + '/' if namespace else ''}{name}: is in the set {count} times; keep one"
        for (_group, kind, namespace, name), count in Counter(item.key for item in inventory.items).items()
        if count > 1
    ]
    if problems:
        raise InputError(problems)
    inventory.warnings = [
        f"the server does not know {kind} yet; assumed that its definition is installed before {example} is applied"
        for kind, example in unknown.items()
    ]
    return inventory


def _problems(body: Any, number: int, set_name: str) -> list[str]:
    """What is wrong with an object by itself."""
    if not isinstance(body, Mapping):
        return [f"object {number}: is {type(body).__name__}, not a mapping; was a manifest read as text?"]
    metadata = body.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    where = f"object {number} ({body.get('kind') or 'no kind'} {name or 'without a name'})"
    missing = [key for key in ("apiVersion", "kind") if not (isinstance(body.get(key), str) and body[key])]
    problems = [f"{where}: {key} is missing" for key in missing]
    if isinstance(body.get("kind"), str) and body["kind"].endswith("List") and "items" in body:
        return [f"{where}: is a list of objects; give its items one by one"]
    if not isinstance(metadata, Mapping) or not isinstance(name, str) or not name:
        hint = "; generateName makes a new object in every run" if "generateName" in (metadata or {}) else ""
        return [*problems, f"{where}: metadata.name is missing{hint}"]
    for key, expected in ((SET_LABEL, set_name), (MANAGED_LABEL, MANAGED_BY)):
        labels = metadata.get("labels") or {}
        if not isinstance(labels, Mapping):
            return [*problems, f"{where}: metadata.labels is not a mapping"]
        if labels.get(key, expected) != expected:
            problems.append(
                f"{where}: label {key} is {labels[key]!r}, but this set's objects carry {expected!r}; leave it out"
            )
    if body.get("kind") == "Secret":
        problems += [f"{where}: {problem}" for problem in _secret_problems(body)]
    return problems


def _secret_problems(body: Mapping[str, Any]) -> list[str]:
    """What the server would refuse, quoting the value in its message."""
    problems = []
    for key in ("data", "stringData"):
        values = body.get(key) or {}
        if not isinstance(values, Mapping) or not all(isinstance(value, str) for value in values.values()):
            problems.append(f"{key} is not a mapping of texts")
        elif key == "data":
            problems += [
                f"data.{name} is not base64; use stringData" for name, value in values.items() if not _base64(value)
            ]
    return problems


def _base64(value: str) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _misplaced(body: Mapping[str, Any], resource: Resource) -> list[str]:
    namespace = body["metadata"].get("namespace")
    if resource.namespaced and not namespace:
        return [f"{title(body)}: metadata.namespace is missing; nothing is applied to a default namespace"]
    if namespace and not resource.namespaced:
        return [f"{title(body)}: {body['kind']} belongs to no namespace; remove metadata.namespace"]
    return []


def _marked(body: Mapping[str, Any], set_name: str) -> dict[str, Any]:
    """The object as it is applied: with the set's labels and without what only the server writes."""
    marked = {key: value for key, value in body.items() if key not in ("status", "stringData")}
    metadata = {key: value for key, value in body["metadata"].items() if key not in SERVER_FIELDS}
    metadata["labels"] = {**(metadata.get("labels") or {}), MANAGED_LABEL: MANAGED_BY, SET_LABEL: set_name}
    marked["metadata"] = metadata
    if body["kind"] == "Secret" and "stringData" in body:
        # The server turns stringData into data and forgets it: a key removed from it would stay for ever.
        texts = {key: base64.b64encode(value.encode()).decode() for key, value in body["stringData"].items()}
        marked["data"] = {**(body.get("data") or {}), **texts}
    elif "stringData" in body:
        marked["stringData"] = body["stringData"]
    return marked
