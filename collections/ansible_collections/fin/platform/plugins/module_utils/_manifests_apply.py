# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apply one object, and tell exactly what that changed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._kube_client import APPLY, Answer, KubeClient
from ansible_collections.fin.platform.plugins.module_utils._kube_errors import (
    KubeAnswerError,
    KubeError,
    KubeUnavailableError,
)
from ansible_collections.fin.platform.plugins.module_utils._manifests_item import Item, Key
from ansible_collections.fin.platform.plugins.module_utils._manifests_unchanged import proved_unchanged

ATTEMPTS = 6
POLL_SECONDS = 0.5
# Kept by the server; they differ after a write that changed nothing anybody asked for.
BOOKKEEPING = {"managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink"}


@dataclass(frozen=True)
class Outcome:
    """What came of one object.

    :param action: created, configured, unchanged, pruned; empty when it failed
    :param before: the live object before, when it is known
    :param after: the live object after
    :param assumed: why the outcome is an assumption (check mode)
    :param warnings: what the server warned of
    """

    item: Item
    action: str
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    error: str = ""
    assumed: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Applier:
    """Applies objects.

    :param live: the set's objects as they are, by key: all that carry the set's label
    :param kept: whether to read objects the set does not own yet, to show a difference
    """

    client: KubeClient
    live: Mapping[Key, dict[str, Any]]
    field_manager: str
    force: bool
    show: bool

    def apply(self, item: Item, dry_run: bool) -> Outcome:
        """Apply an object.

        :param dry_run: let the server do everything but write; what is only missing yet is no error then
        """
        try:
            return self._apply(item, dry_run)
        except KubeAnswerError as e:
            assumption = _not_there_yet(e, item) if dry_run else ""
            if assumption:
                return Outcome(item, "created", assumed=assumption, after=item.body)
            return Outcome(item, "", error=explain(e))
        except KubeError as e:
            return Outcome(item, "", error=str(e))

    def _apply(self, item: Item, dry_run: bool) -> Outcome:
        if item.resource is None:
            return Outcome(item, "created", after=item.body)  # check mode; the set's warnings say so
        path = item.resource.path(item.namespace, item.name)
        before = self.live.get(item.key)
        if before is not None and proved_unchanged(before, item.body, self.field_manager):
            return Outcome(item, "unchanged", before, before)
        listed = before is not None
        if not listed and self.show:
            before = self.client.find(path)
        version, maybe_ours = (before or {}).get("metadata", {}).get("resourceVersion", ""), False
        for attempt in range(1, ATTEMPTS + 1):
            # Controllers write too. With the version that was read, the server refuses to apply to anything newer,
            # so that before and after differ by this write only.
            expected = version if attempt < ATTEMPTS else ""
            try:
                answer = self._send(path, item, expected, dry_run)
            except KubeAnswerError as e:
                maybe_ours = maybe_ours or e.repeated
                if not (e.outdated or (e.status == 404 and expected and not e.missing_namespace)):
                    raise
                fresh = self.client.find(path)
                version = (fresh or {}).get("metadata", {}).get("resourceVersion", "")
                before = before if maybe_ours else fresh
                continue
            maybe_ours = maybe_ours or answer.repeated
            if not dry_run and answer.body["metadata"].get("deletionTimestamp"):
                self._await_end(path, item)
                before, version, maybe_ours = None, "", False
                continue
            action = _action(answer, before, dry_run, maybe_ours)
            return Outcome(item, action, before, answer.body, warnings=answer.warnings)
        raise KubeUnavailableError(f"{ATTEMPTS} attempts were overtaken by other writers of this object; run again")

    def _send(self, path: str, item: Item, version: str, dry_run: bool) -> Answer:
        query = {"fieldManager": self.field_manager, "force": "true" if self.force else "false"}
        query["fieldValidation"] = "Strict"
        if dry_run:
            query["dryRun"] = "All"
        body = item.body
        if version:
            body = {**body, "metadata": {**body["metadata"], "resourceVersion": version}}
        return self.client.request("PATCH", path, query, body, content=APPLY)

    def _await_end(self, path: str, item: Item) -> None:
        """Wait for an object that is being deleted to go, so that it can be made anew."""
        deadline = time.monotonic() + self.client.patience.seconds
        while (live := self.client.find(path)) is not None and live["metadata"].get("deletionTimestamp"):
            if time.monotonic() > deadline:
                holders = ", ".join(live["metadata"].get("finalizers") or []) or "none named"
                raise KubeUnavailableError(
                    f"is being deleted and still there after {self.client.patience.seconds:.0f} s (retry_seconds); "
                    f"finalizers that hold it: {holders}"
                )
            self.client.patience.stopped.wait(POLL_SECONDS)


def content(body: Mapping[str, Any]) -> dict[str, Any]:
    """An object without status and bookkeeping: what somebody may have asked for."""
    reduced = {key: value for key, value in body.items() if key != "status"}
    reduced["metadata"] = {key: value for key, value in body["metadata"].items() if key not in BOOKKEEPING}
    return reduced


def _action(answer: Answer, before: dict[str, Any] | None, dry_run: bool, maybe_ours: bool) -> str:
    if answer.status == 201 or (before is None and maybe_ours):
        return "created"
    if before is None:
        return "configured"  # it was there without the set's label, which it has now
    same_version = before["metadata"].get("resourceVersion") == answer.body["metadata"].get("resourceVersion")
    # A dry run writes no new version.
    if (same_version and not dry_run) or content(before) == content(answer.body):
        return "unchanged"
    return "configured"


def _not_there_yet(error: KubeAnswerError, item: Item) -> str:
    """What a dry run misses because it is only made by a run, or nothing."""
    if error.missing_namespace:
        return f"namespace {item.namespace} does not exist yet"
    if error.missing_kind and item.resource is not None:
        return f"{item.resource.api_version} {item.kind} is not served yet"
    return ""


def explain(error: KubeAnswerError) -> str:
    """A refusal in words: what it was, and what to do."""
    conflicts = error.conflicts()
    if conflicts:
        owners: dict[str, list[str]] = {}
        for manager, field in conflicts:
            owners.setdefault(manager, []).append(field)
        fields = "; ".join(f"{manager} owns {', '.join(sorted(names))}" for manager, names in sorted(owners.items()))
        return f"conflict with other field managers: {fields}. Leave these fields out, or set force_conflicts to take them over"
    if error.missing_namespace:
        return f"{error.message}: add the Namespace to the set, or create it before"
    if error.status == 422 and "immutable" in error.message:
        return f"{error.message}. What cannot be changed must be deleted first, and is not deleted by itself"
    if error.status == 403:
        return f"not allowed: {error.message}"
    return f"refused ({error.status}): {error.message}"
