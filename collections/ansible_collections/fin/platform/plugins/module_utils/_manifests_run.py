# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apply a set of objects: check, read, apply wave by wave, prune, wait."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils import _manifests_show as show
from ansible_collections.fin.platform.plugins.module_utils._kube_client import KubeClient
from ansible_collections.fin.platform.plugins.module_utils._kube_discovery import (
    Discovery,
    Resource,
    defined_by,
    discover,
)
from ansible_collections.fin.platform.plugins.module_utils._kube_errors import KubeError
from ansible_collections.fin.platform.plugins.module_utils._kube_mask import Mask
from ansible_collections.fin.platform.plugins.module_utils._manifests_apply import Applier, Outcome
from ansible_collections.fin.platform.plugins.module_utils._manifests_diagnose import diagnose
from ansible_collections.fin.platform.plugins.module_utils._manifests_item import Item, Key, read
from ansible_collections.fin.platform.plugins.module_utils._manifests_live import (
    foreign_sets,
    read_live,
    read_owned,
)
from ansible_collections.fin.platform.plugins.module_utils._manifests_order import waves
from ansible_collections.fin.platform.plugins.module_utils._manifests_prune import choose, delete
from ansible_collections.fin.platform.plugins.module_utils._manifests_ready import RULES
from ansible_collections.fin.platform.plugins.module_utils._manifests_wait import unreported, wait_ready

SERVED_SECONDS = 30.0
REDEFINED_SECONDS = 10.0
CLAIM = ("", "PersistentVolumeClaim")
DEFINITION = ("apiextensions.k8s.io", "CustomResourceDefinition")


@dataclass(frozen=True)
class Request:
    """What is asked for; the fields are the module's parameters."""

    set_name: str
    objects: Sequence[Any]
    prune: bool
    wait: bool
    wait_claims: bool
    timeout: float
    concurrency: int
    field_manager: str
    force_conflicts: bool
    check: bool
    diff: bool


@dataclass
class Report:
    """What came of it.

    :param errors: object, and the lines about it
    :param untouched: number of objects that were left alone because of errors
    """

    outcomes: list[Outcome] = field(default_factory=list)
    kept: list[tuple[Item, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    errors: list[tuple[str, list[str]]] = field(default_factory=list)
    untouched: int = 0

    def result(self, request: Request, mask: Mask) -> dict[str, Any]:
        """As a module's result."""
        counts = show.counted(self.outcomes)
        result: dict[str, Any] = {
            "changed": any(counts[action] for action in ("created", "configured", "pruned")),
            "counts": {**counts, "kept": len(self.kept), "failed": len(self.errors)},
            "objects": [show.listed(o.item, action=o.action) for o in self.outcomes if o.action],
            "kept": [show.listed(item, reason=reason) for item, reason in self.kept],
            "errors": [{"object": about, "error": mask.text("\n".join(said))} for about, said in self.errors],
        }
        if request.diff:
            result["diff"] = show.differences(self.outcomes)
        return result


class Run:
    """One run over one set."""

    def __init__(self, client: KubeClient, request: Request, mask: Mask) -> None:
        self.client, self.request, self.mask = client, request, mask
        self.report = Report()
        self.discovery: Discovery | None = None

    def __call__(self) -> Report:
        """Do it.

        :raises InputError: the objects cannot be applied as they are
        :raises KubeError: the cluster cannot be read
        """
        request = self.request
        executor = ThreadPoolExecutor(max_workers=request.concurrency)
        try:
            self.discovery = discover(self.client)
            inventory = read(request.objects, request.set_name, self.discovery, lenient=request.check)
            self.report.warnings += inventory.warnings
            live = read_live(self.client, executor, inventory.items, request.set_name)
            self._warn_of_moves(executor, inventory.items, live)
            self._apply(executor, inventory.items, live)
            if request.prune:
                self._prune(executor, inventory.items)
            if request.wait and not request.check and not self.report.errors:
                self._wait(inventory.items)
        finally:
            # Reached by an interruption too: what waits for the server to come back must not hold up the end.
            self.client.patience.stop()
            executor.shutdown(cancel_futures=True)
        return self.report

    def _warn_of_moves(
        self, executor: ThreadPoolExecutor, items: Sequence[Item], live: dict[Key, dict[str, Any]]
    ) -> None:
        """Two sets that hold the same object would change it in turn, for ever."""
        kinds: dict[tuple[str, str], Resource] = {}
        for item in items:
            if item.key not in live and item.resource is not None:
                kinds.setdefault((item.group, item.kind), item.resource)

        def read(resource: Resource) -> dict[Key, str]:
            try:
                return foreign_sets(self.client, resource, self.request.set_name)
            except KubeError:
                return {}  # a courtesy; what matters is said by what follows

        others = {key: name for found in executor.map(read, kinds.values()) for key, name in found.items()}
        self.report.warnings += [
            f"{item} moves from set {others[item.key]} to {self.request.set_name}; only one of them may hold it"
            for item in items
            if item.key in others
        ]

    def _apply(self, executor: ThreadPoolExecutor, items: Sequence[Item], live: dict[Key, dict[str, Any]]) -> None:
        request = self.request
        applier = Applier(self.client, live, request.field_manager, request.force_conflicts, request.diff)
        assumed: set[str] = set()
        changing: set[tuple[str, str]] = set()
        for wave in waves(items):
            # After an error the rest is still checked, so that all errors are known at once, but not written.
            failed = bool(self.report.errors)
            dry_run = request.check or failed
            outcomes = list(executor.map(lambda item, dry=dry_run: applier.apply(item, dry), wave))
            if request.check:
                outcomes = [_excused(outcome, changing) for outcome in outcomes]
            elif changing:
                outcomes = self._again(applier, outcomes, changing, dry_run)
            changing |= {kind for outcome in outcomes for kind in _redefined(outcome)}
            self.report.errors += [(str(o.item), [self.mask.text(o.error)]) for o in outcomes if o.error]
            self.report.warnings += list(dict.fromkeys(f"{o.item}: {text}" for o in outcomes for text in o.warnings))
            if failed:
                self.report.untouched += len([o for o in outcomes if not o.error])
                continue
            self.report.outcomes += outcomes
            assumed |= {outcome.assumed for outcome in outcomes if outcome.assumed}
            if not request.check and not self.report.errors:
                self._await_definitions([outcome for outcome in outcomes if _is(outcome.item, DEFINITION)])
        brought = {f"namespace {item.name} does not exist yet" for item in items if _is(item, ("", "Namespace"))}
        for item in items:
            if _is(item, DEFINITION):
                brought |= {f"{kind.api_version} {kind.kind} is not served yet" for kind in defined_by(item.body)}
        self.report.warnings += [f"{text}; assumed that it will be fine" for text in sorted(assumed - brought)]

    def _again(
        self, applier: Applier, outcomes: list[Outcome], changing: set[tuple[str, str]], dry_run: bool
    ) -> list[Outcome]:
        """Apply again what was refused by a definition that changed just now: servers take a moment to go by the new one."""
        deadline = time.monotonic() + REDEFINED_SECONDS
        while time.monotonic() < deadline and any(_refused(outcome, changing) for outcome in outcomes):
            self.client.patience.stopped.wait(0.5)
            outcomes = [applier.apply(o.item, dry_run) if _refused(o, changing) else o for o in outcomes]
        return outcomes

    def _await_definitions(self, outcomes: Sequence[Outcome]) -> None:
        """Objects can be applied only once their definition is established and served."""
        known = {o.item.key: o.after for o in outcomes if o.after}
        items = [outcome.item for outcome in outcomes]
        late = wait_ready(self.client, known, items, self.request.set_name, self.request.timeout)
        self.report.errors += [(str(each.item), [f"is not established: {each.verdict.reason}"]) for each in late]
        if late or self.discovery is None:
            return
        created = {
            o.item.body["spec"]["names"]["kind"]: o.item.body["spec"]["group"]
            for o in outcomes
            if o.action == "created"
        }
        deadline = time.monotonic() + SERVED_SECONDS
        for resource in self.discovery.resources.values():
            if created.get(resource.kind) == resource.group:
                while self.client.find(f"{resource.path()}?limit=1") is None and time.monotonic() < deadline:
                    self.client.patience.stopped.wait(0.2)

    def _prune(self, executor: ThreadPoolExecutor, items: Sequence[Item]) -> None:
        request = self.request
        if self.report.errors or self.discovery is None:
            self.report.warnings.append("nothing was pruned, because not everything could be applied")
            return
        owned, warnings = read_owned(self.client, executor, self.discovery, request.set_name)
        self.report.warnings += warnings
        doomed = choose(owned, {item.key for item in items}, request.field_manager)
        self.report.kept = doomed.kept
        for wave in reversed(waves(doomed.delete)):
            outcomes = executor.map(lambda item: delete(self.client, item, request.check), wave)
            done = [outcome for outcome in outcomes if outcome is not None]
            self.report.outcomes += done
            self.report.errors += [(str(o.item), [f"not deleted: {o.error}"]) for o in done if o.error]

    def _wait(self, items: Sequence[Item]) -> None:
        known = {outcome.item.key: outcome.after for outcome in self.report.outcomes if outcome.after}
        wanted = [item for item in items if self._waited_for(item, known.get(item.key))]
        created = {outcome.item.key for outcome in self.report.outcomes if outcome.action == "created"}
        late = wait_ready(self.client, known, wanted, self.request.set_name, self.request.timeout, created)
        for each in late:
            limit = "" if each.verdict.final else f" after {self.request.timeout:.0f} s"
            lines = [f"is not ready{limit}: {self.mask.log(each.verdict.reason)}"]
            self.report.errors.append((str(each.item), lines + diagnose(self.client, each.item, each.body, self.mask)))

    def _waited_for(self, item: Item, body: dict[str, Any] | None) -> bool:
        if _is(item, CLAIM):
            return self.request.wait_claims
        return (item.group, item.kind) in RULES or body is None or "status" in body or unreported(item, body)


def _is(item: Item, kind: tuple[str, str]) -> bool:
    return (item.group, item.kind) == kind


def _redefined(outcome: Outcome) -> set[tuple[str, str]]:
    """The kinds whose definition a run would change."""
    if not _is(outcome.item, DEFINITION) or outcome.action == "unchanged":
        return set()
    return {(kind.group, kind.kind) for kind in defined_by(outcome.item.body)}


def _refused(outcome: Outcome, changing: set[tuple[str, str]]) -> bool:
    return bool(outcome.error) and (outcome.item.group, outcome.item.kind) in changing


def _excused(outcome: Outcome, changing: set[tuple[str, str]]) -> Outcome:
    """What a dry run refuses by the old definition, a run may accept by the new one."""
    item = outcome.item
    if not _refused(outcome, changing):
        return outcome
    assumed = f"{item}: its definition changes too, so it could not be checked ({outcome.error})"
    return Outcome(item, "configured", after=item.body, assumed=assumed)
