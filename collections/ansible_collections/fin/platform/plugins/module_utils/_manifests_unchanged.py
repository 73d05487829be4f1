# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove that applying an object would change nothing, from the live object alone.

The API server records which fields each manager applied (``metadata.managedFields``). When that record holds exactly the
fields of a manifest, and every one of them has the manifest's value, an apply is without effect and need not be made.
What is not proved is applied, and the server decides: values that it writes in another form, for instance.

The format: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management and
https://pkg.go.dev/sigs.k8s.io/structured-merge-diff/v6/fieldpath
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# They name the object, and are in no record.
IDENTITY = {"apiVersion", "kind"}
NAMES = {"name", "namespace"}


def proved_unchanged(live: Mapping[str, Any], wanted: Mapping[str, Any], field_manager: str) -> bool:
    """Whether an apply of a manifest is certain to change nothing.

    :param live: the object as the server holds it, in the manifest's API version
    """
    if live.get("apiVersion") != wanted["apiVersion"] or live["metadata"].get("deletionTimestamp"):
        return False
    fields = _applied(live, wanted["apiVersion"], field_manager)
    if fields is None:
        return False
    body = {key: value for key, value in wanted.items() if key not in IDENTITY}
    body["metadata"] = {key: value for key, value in wanted["metadata"].items() if key not in NAMES}
    return _holds(fields, live, body)


def _applied(live: Mapping[str, Any], api_version: str, field_manager: str) -> Mapping[str, Any] | None:
    """The record of what a manager applied."""
    for entry in live["metadata"].get("managedFields") or []:
        ours = entry.get("manager") == field_manager and entry.get("operation") == "Apply"
        if ours and not entry.get("subresource") and entry.get("apiVersion") == api_version:
            fields: Mapping[str, Any] = entry.get("fieldsV1") or {}
            return fields
    return None


def _holds(fields: Mapping[str, Any], live: Any, wanted: Any) -> bool:
    """Whether a part of the record covers exactly a part of the manifest, and the values are the same."""
    names = [name for name in fields if name != "."]
    if not names:
        return _same(live, wanted)
    kinds = {name[:2] for name in names}
    if kinds == {"f:"} and isinstance(wanted, Mapping) and isinstance(live, Mapping):
        keys = {name[2:] for name in names}
        if keys != set(wanted) or not keys <= set(live):
            return False
        return all(_holds(fields[f"f:{key}"], live[key], wanted[key]) for key in keys)
    if kinds == {"k:"} and isinstance(wanted, list) and isinstance(live, list):
        return _holds_list(fields, names, live, wanted)
    return False


def _holds_list(fields: Mapping[str, Any], names: list[str], live: list[Any], wanted: list[Any]) -> bool:
    """The same of a list whose elements are known by some of their keys; their order counts too."""
    if len(names) != len(wanted):
        return False
    places = []
    for element in wanted:
        found = [name for name in names if _is_called(element, json.loads(name[2:]))]
        if len(found) != 1:
            return False
        key = json.loads(found[0][2:])
        at = [place for place, other in enumerate(live) if _is_called(other, key)]
        if len(at) != 1 or not _holds(fields[found[0]], live[at[0]], element):
            return False
        places.append(at[0])
    return places == sorted(set(places))


def _is_called(element: Any, key: Mapping[str, Any]) -> bool:
    """Whether an element has these keys; one that the manifest leaves to the server's default may be missing."""
    return isinstance(element, Mapping) and all(element.get(name, value) == value for name, value in key.items())


def _same(live: Any, wanted: Any) -> bool:
    # Python takes 1, 1.0 and True for equal; the server does not.
    return live is not None and json.dumps(live, sort_keys=True) == json.dumps(wanted, sort_keys=True)
