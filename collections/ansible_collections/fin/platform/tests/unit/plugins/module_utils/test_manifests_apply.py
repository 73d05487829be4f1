# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One object, against a server that misbehaves at the worst moment."""

from __future__ import annotations

from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._kube_discovery import Resource
from ansible_collections.fin.platform.plugins.module_utils._manifests_apply import Applier, Outcome
from ansible_collections.fin.platform.plugins.module_utils._manifests_item import Item
from ansible_collections.fin.platform.tests.unit.api_double import Double, Reply, double

CONFIG = Resource("", "v1", "ConfigMap", "configmaps", True, frozenset())
ITEM = Item({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "x"}}, CONFIG)
STALE = Reply(409, {"reason": "Conflict", "message": "the object has been modified"})


def live(version: str, value: str, **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a", "namespace": "x", "resourceVersion": version, **metadata},
        "data": {"k": value},
    }


def apply(server: Double, before: dict[str, Any] | None, dry_run: bool = False) -> Outcome:
    known = {ITEM.key: before} if before else {}
    return Applier(server.client(5), known, "fin.platform", False, False).apply(ITEM, dry_run)


def test_same_version_is_unchanged() -> None:
    with double(Reply(200, live("1", "a"))) as server:
        assert apply(server, live("1", "a")).action == "unchanged"
    assert server.asked[0][2]["metadata"]["resourceVersion"] == "1", "nothing newer than what was read is applied to"


def test_new_version_of_bookkeeping_only_is_unchanged() -> None:
    with double(Reply(200, {**live("2", "a", generation=4), "status": {"x": 1}})) as server:
        assert apply(server, live("1", "a", generation=3)).action == "unchanged"


def test_dry_run_is_judged_by_content() -> None:
    with double(Reply(200, live("1", "b"))) as server:
        assert apply(server, live("1", "a"), dry_run=True).action == "configured"
    assert "dryRun=All" in server.asked[0][1]


def test_overtaken_by_another_writer() -> None:
    """Somebody changed it after we read it: what counts as before is what they wrote."""
    with double(STALE, Reply(200, live("2", "b")), Reply(200, live("2", "b"))) as server:
        assert apply(server, live("1", "a")).action == "unchanged"
    assert [method for method, _path, _body in server.asked] == ["PATCH", "GET", "PATCH"]


def test_own_write_whose_answer_was_lost_is_told() -> None:
    """The connection broke after the server had written: the second attempt finds it done, and it is our change."""
    with double(Reply(0), STALE, Reply(200, live("2", "b")), Reply(200, live("2", "b"))) as server:
        assert apply(server, live("1", "a")).action == "configured"
    with double(Reply(0), Reply(200, live("1", "a"))) as server:
        assert apply(server, None).action == "created"


def test_not_listed_and_yet_there_was_adopted() -> None:
    with double(Reply(200, live("2", "a"))) as server:
        assert apply(server, None).action == "configured"


def test_deleted_meanwhile_is_created() -> None:
    gone = Reply(404, {"reason": "NotFound", "details": {"name": "a", "kind": "configmaps"}})
    with double(gone, gone, Reply(201, live("5", "a"))) as server:
        assert apply(server, live("1", "a")).action == "created"


def test_namespace_that_comes_with_the_run() -> None:
    missing = Reply(404, {"reason": "NotFound", "message": "no x", "details": {"name": "x", "kind": "namespaces"}})
    with double(missing) as server:
        checked = apply(server, None, dry_run=True)
        real = apply(server, None)
    assert (checked.action, checked.assumed) == ("created", "namespace x does not exist yet")
    assert "add the Namespace to the set" in real.error


def test_for_ever_overtaken_still_ends() -> None:
    with double(STALE) as server:
        outcome = apply(server, live("1", "a"))
    assert not outcome.action
    assert outcome.error
