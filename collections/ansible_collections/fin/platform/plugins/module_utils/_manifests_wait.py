# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait until objects are ready, within a bound."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._kube_client import KubeClient
from ansible_collections.fin.platform.plugins.module_utils._kube_discovery import Resource
from ansible_collections.fin.platform.plugins.module_utils._manifests_item import Item, Key
from ansible_collections.fin.platform.plugins.module_utils._manifests_live import selector
from ansible_collections.fin.platform.plugins.module_utils._manifests_order import WAVES, wave
from ansible_collections.fin.platform.plugins.module_utils._manifests_ready import Readiness, readiness

FIRST_PAUSE, LONGEST_PAUSE = 0.3, 2.0
GRACE_SECONDS = 5.0
ONE_BY_ONE = 4  # up to so many objects of a kind are read singly, more as one list


@dataclass(frozen=True)
class Pending:
    """An object that did not become ready."""

    item: Item
    body: dict[str, Any]
    verdict: Readiness


def wait_ready(
    client: KubeClient,
    live: Mapping[Key, dict[str, Any]],
    items: Iterable[Item],
    set_name: str,
    timeout: float,
    created: Collection[Key] = (),
) -> list[Pending]:
    """Wait for objects.

    :param live: what is known of them already, as the answers to the applies
    :param timeout: seconds in all
    :param created: objects that were made just now: the controller of a custom resource is given a moment to say
        anything of it, as one without a status is taken for ready
    :returns: those that are not ready, because time is up or because waiting is of no use
    """
    began, pause = time.monotonic(), FIRST_PAUSE
    deadline = began + timeout
    pending = [Pending(item, live.get(item.key, {}), Readiness(False, "was not read yet")) for item in items]
    pending, final = _look(pending, created)
    while pending and time.monotonic() < deadline:
        client.patience.stopped.wait(min(pause, max(deadline - time.monotonic(), 0)))
        pause = min(pause * 1.5, LONGEST_PAUSE)
        silent = created if time.monotonic() < began + GRACE_SECONDS else ()
        pending, hopeless = _look(_reread(client, pending, set_name), silent)
        final += hopeless
    return [*pending, *final]


def _look(candidates: Iterable[Pending], silent: Collection[Key]) -> tuple[list[Pending], list[Pending]]:
    """Those to wait for, and those for which waiting is of no use."""
    waiting: list[Pending] = []
    hopeless: list[Pending] = []
    for pending in candidates:
        if not pending.body:
            waiting.append(pending)
            continue
        verdict = readiness(pending.body)
        if pending.item.key in silent and unreported(pending.item, pending.body):
            verdict = Readiness(False, "has no status yet")
        if not verdict.ready:
            (hopeless if verdict.final else waiting).append(Pending(pending.item, pending.body, verdict))
    return waiting, hopeless


def unreported(item: Item, body: Mapping[str, Any]) -> bool:
    """Whether a custom resource has a status, which nobody has written yet."""
    custom = WAVES[wave(item.group, item.kind)] == "custom"
    return custom and item.resource is not None and item.resource.reports and not body.get("status")


def _reread(client: KubeClient, pending: Iterable[Pending], set_name: str) -> list[Pending]:
    by_resource: dict[Resource, list[Pending]] = {}
    for each in pending:
        if each.item.resource is not None:
            by_resource.setdefault(each.item.resource, []).append(each)
    read = []
    for resource, group in by_resource.items():
        if len(group) <= ONE_BY_ONE:
            bodies = [client.find(resource.path(each.item.namespace, each.item.name)) for each in group]
        else:
            listed = {
                (body["metadata"].get("namespace") or "", body["metadata"]["name"]): body
                for body in client.items(resource.path(), labelSelector=selector(set_name))
            }
            bodies = [listed.get((each.item.namespace, each.item.name)) for each in group]
        for each, body in zip(group, bodies, strict=True):
            # A list leaves out what all its items share.
            known = {**body, "apiVersion": resource.api_version, "kind": resource.kind} if body else {}
            verdict = each.verdict if known else Readiness(False, "is not there any more")
            read.append(Pending(each.item, known, verdict))
    return read
