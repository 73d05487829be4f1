# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets whose values are made at random once, and are the same in every namespace that needs them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from ansible_collections.fin.platform.plugins.module_utils._kube_client import KubeClient
from ansible_collections.fin.platform.plugins.module_utils._kube_errors import KubeAnswerError, KubeError

FIELD_MANAGER = "fin.platform.generated-secrets"
GENERATED_ANNOTATION = "fin.platform/generated"
MANAGED = {"app.kubernetes.io/managed-by": "fin.platform"}
RANDOM_BYTES = 32
ATTEMPTS = 5

Copies = dict[str, Optional[dict[str, Any]]]  # noqa: UP045 - pylint of ansible-test takes | for an operation here


class SecretError(KubeError):
    """A Secret cannot be brought to its state; the text names no value."""


@dataclass(frozen=True)
class Wanted:
    """A Secret that is wanted.

    :param namespaces: where a copy is wanted
    :param data: values that are given, as text
    :param generate: keys whose values are made at random once
    """

    name: str
    namespaces: tuple[str, ...]
    type: str
    data: Mapping[str, str]
    generate: tuple[str, ...]
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Copy:
    """What came of one copy.

    :param action: created, configured or unchanged
    :param keys: its keys, and those that were changed
    """

    name: str
    namespace: str
    action: str
    keys: tuple[str, ...] = ()
    changed_keys: tuple[str, ...] = ()


@dataclass
class Result:
    """What came of all, and every error."""

    copies: list[Copy] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def read(requests: Iterable[Mapping[str, Any]]) -> list[Wanted]:
    """The requests as the module's parameters give them.

    :raises SecretError: with every problem
    """
    wanted = [
        Wanted(
            name=request["name"],
            namespaces=tuple(dict.fromkeys(request["namespaces"])),
            type=request["type"],
            data={key: str(value) for key, value in (request["data"] or {}).items()},
            generate=tuple(request["generate"] or ()),
            labels={key: str(value) for key, value in (request["labels"] or {}).items()},
        )
        for request in requests
    ]
    problems, seen = [], set()
    for each in wanted:
        if not each.namespaces:
            problems.append(f"Secret {each.name}: names no namespace")
        both = sorted(set(each.data) & set(each.generate))
        if both:
            problems.append(f"Secret {each.name}: {', '.join(both)} is both given and to be generated; choose one")
        if not each.data and not each.generate:
            problems.append(f"Secret {each.name}: has neither data nor keys to generate")
        for namespace in each.namespaces:
            if (namespace, each.name) in seen:
                problems.append(f"Secret {namespace}/{each.name}: is asked for twice; keep one")
            seen.add((namespace, each.name))
    if problems:
        raise SecretError("nothing was written: " + "; ".join(problems))
    return wanted


def values(wanted: Wanted, copies: Copies, make: Callable[[], str]) -> dict[str, str]:
    """The values that every copy must hold, base64: those that exist are kept, the others made.

    :param copies: the live copies by namespace
    :param make: makes a random text
    :raises SecretError: copies differ, so nobody can know which value is in use
    """
    chosen = {key: _encoded(value) for key, value in wanted.data.items()}
    for key in wanted.generate:
        found: dict[str, list[str]] = {}
        for namespace, body in copies.items():
            value = ((body or {}).get("data") or {}).get(key)
            if value:
                found.setdefault(value, []).append(namespace)
        if len(found) > 1:
            places = " and ".join(", ".join(places) for places in found.values())
            raise SecretError(
                f"Secret {wanted.name}: the copies in {places} hold different values of {key!r}. Find out which one is in "
                f"use, delete the other copies, and run again: they will be copied from it"
            )
        chosen[key] = next(iter(found)) if found else _encoded(make())
    return chosen


def desired(
    wanted: Wanted, namespace: str, chosen: Mapping[str, str], live: Mapping[str, Any] | None
) -> dict[str, Any]:
    """A copy as it must be; whatever else the live one holds stays."""
    metadata = dict((live or {}).get("metadata") or {"name": wanted.name, "namespace": namespace})
    metadata["labels"] = {**(metadata.get("labels") or {}), **wanted.labels, **MANAGED}
    if wanted.generate:
        annotation = {GENERATED_ANNOTATION: ",".join(sorted(wanted.generate))}
        metadata["annotations"] = {**(metadata.get("annotations") or {}), **annotation}
    body = dict(live or {"apiVersion": "v1", "kind": "Secret", "type": wanted.type})
    body["metadata"] = metadata
    body["data"] = {**(body.get("data") or {}), **chosen}
    return body


def ensure(client: KubeClient, wanted: Sequence[Wanted], check: bool) -> Result:
    """Bring all Secrets to their state; one that fails does not keep the others from it."""
    result = Result()
    for each in wanted:
        try:
            result.copies += _ensure(client, each, check)
        except KubeError as e:
            text = str(e)
            result.errors.append(text if each.name in text else f"Secret {each.name}: {text}")
    return result


def _ensure(client: KubeClient, wanted: Wanted, check: bool) -> list[Copy]:
    done: dict[str, Copy] = {}
    for _attempt in range(ATTEMPTS):
        copies: Copies = {namespace: client.find(_path(namespace, wanted.name)) for namespace in wanted.namespaces}
        for namespace, body in copies.items():
            if body is not None and body.get("type") != wanted.type:
                raise SecretError(
                    f"Secret {namespace}/{wanted.name}: is of type {body.get('type')}, which cannot be changed to "
                    f"{wanted.type}; move its values to a new name, or delete it if nothing uses them"
                )
        chosen = values(wanted, copies, lambda: secrets.token_urlsafe(RANDOM_BYTES))
        try:
            for namespace, live in copies.items():
                copy = _write(client, wanted, namespace, chosen, live, check)
                if copy.action != "unchanged" or namespace not in done:
                    done[namespace] = copy
        except KubeAnswerError as e:
            if e.status != 409:
                raise _refused(e, wanted) from e
            continue  # somebody else wrote one at the same time: theirs counts
        return list(done.values())
    raise SecretError(f"Secret {wanted.name}: {ATTEMPTS} attempts were overtaken by another writer; run again")


def _write(
    client: KubeClient,
    wanted: Wanted,
    namespace: str,
    chosen: Mapping[str, str],
    live: dict[str, Any] | None,
    check: bool,
) -> Copy:
    body = desired(wanted, namespace, chosen, live)
    keys = tuple(sorted(body["data"]))
    if body == live:
        return Copy(wanted.name, namespace, "unchanged", keys)
    query = {"fieldManager": FIELD_MANAGER, **({"dryRun": "All"} if check else {})}
    if live is not None:
        client.request("PUT", _path(namespace, wanted.name), query, body)
        held = live.get("data") or {}
        changed = tuple(sorted(key for key, value in chosen.items() if held.get(key) != value))
        return Copy(wanted.name, namespace, "configured", keys, changed)
    try:
        # Not an apply: of two runs at the same time only one may make the value.
        client.request("POST", _path(namespace), query, body)
    except KubeAnswerError as e:
        ours = e.status == 409 and e.repeated and client.find(_path(namespace, wanted.name))
        same = isinstance(ours, dict) and ours.get("data") == body["data"]
        if not same and not (check and e.missing_namespace):
            raise
    return Copy(wanted.name, namespace, "created", keys, keys)


def _refused(error: KubeAnswerError, wanted: Wanted) -> SecretError:
    if error.missing_namespace:
        name = error.details.get("name")
        return SecretError(f"Secret {wanted.name}: namespace {name} does not exist; create it before")
    # The server quotes what it refuses, and that may be a value.
    fields = ", ".join(str(cause.get("field")) for cause in error.causes)
    told = fields or (error.message if error.status == 403 else error.reason)
    return SecretError(f"Secret {wanted.name}: the server refused it ({error.status}): {told}")


def _path(namespace: str, name: str = "") -> str:
    return f"/api/v1/namespaces/{namespace}/secrets" + (f"/{name}" if name else "")


def _encoded(value: str) -> str:
    return base64.b64encode(value.encode()).decode()
