# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is proved to be unchanged is; whatever is not certain is left to the server."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.fin.platform.plugins.module_utils._manifests_unchanged import proved_unchanged

MANAGER = "fin.platform"
CONTAINER = {"name": "main", "image": "x:1", "args": ["a", "b"], "ports": [{"containerPort": 8080}]}
WANTED: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "x", "labels": {"team": "red"}},
    "spec": {"replicas": 1, "paused": True, "volumes": [{"name": "tmp", "emptyDir": {}}], "containers": [CONTAINER]},
}
# As a server records it: lists of objects by their keys, among them one that it has by default; other lists whole.
FIELDS: dict[str, Any] = {
    "f:metadata": {"f:labels": {"f:team": {}}},
    "f:spec": {
        "f:replicas": {},
        "f:paused": {},
        "f:volumes": {'k:{"name":"tmp"}': {".": {}, "f:name": {}, "f:emptyDir": {}}},
        "f:containers": {
            'k:{"name":"main"}': {
                ".": {},
                "f:name": {},
                "f:image": {},
                "f:args": {},
                "f:ports": {'k:{"containerPort":8080,"protocol":"TCP"}': {".": {}, "f:containerPort": {}}},
            }
        },
    },
}


def live() -> dict[str, Any]:
    """The object as a server holds it: with defaults, a status, and what others wrote."""
    body = copy.deepcopy(WANTED)
    entry = {"manager": MANAGER, "operation": "Apply", "apiVersion": "apps/v1", "fieldsV1": copy.deepcopy(FIELDS)}
    other = {"manager": "hpa", "operation": "Update", "apiVersion": "apps/v1", "fieldsV1": {}}
    body["metadata"] |= {"uid": "u", "resourceVersion": "7", "managedFields": [other, entry]}
    body["metadata"]["labels"]["theirs"] = "x"
    body["spec"]["containers"][0]["ports"][0]["protocol"] = "TCP"
    body["spec"]["containers"].append({"name": "injected"})
    return {**body, "status": {"replicas": 1}}


def test_the_same_is_proved() -> None:
    assert proved_unchanged(live(), WANTED, MANAGER)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("metadata", "labels", "team"), "blue"),
        (("metadata", "labels", "new"), "x"),
        (("metadata", "labels"), {}),
        (("metadata", "annotations"), {"a": "b"}),
        (("spec", "replicas"), 2),
        (("spec", "replicas"), None),
        (("spec", "replicas"), "1"),
        (("spec", "paused"), 1),
        (("spec", "containers"), []),
        (("spec", "containers"), [CONTAINER, {"name": "second"}]),
        (("spec", "containers"), [CONTAINER, CONTAINER]),
        (("spec", "containers"), [{**CONTAINER, "args": ["b", "a"]}]),
        (("spec", "containers"), [{**CONTAINER, "image": "x:2"}]),
        (("spec", "containers"), [{**CONTAINER, "ports": [{"containerPort": 8081}]}]),
        (("spec", "containers"), [{**CONTAINER, "ports": [{"containerPort": 8080, "protocol": "UDP"}]}]),
        (("spec", "containers"), [{key: CONTAINER[key] for key in ("name", "image", "args")}]),
        (("spec", "volumes"), [{"name": "tmp", "emptyDir": {"medium": "Memory"}}]),
        (("apiVersion",), "apps/v2"),
    ],
)
def test_every_wish_that_differs_is_applied(path: tuple[str, ...], value: Any) -> None:
    wanted = copy.deepcopy(WANTED)
    place = wanted
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert not proved_unchanged(live(), wanted, MANAGER)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("metadata", "labels"), {"theirs": "x"}),
        (("metadata", "deletionTimestamp"), "2026-11-01T00:00:00Z"),
        (("metadata", "managedFields"), None),
        (("spec", "replicas"), 3),
        (("spec", "paused"), None),
        (("spec", "containers"), [{"name": "injected"}]),
    ],
)
def test_every_drift_is_applied(path: tuple[str, ...], value: Any) -> None:
    body = live()
    place = body
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert not proved_unchanged(body, WANTED, MANAGER)


@pytest.mark.parametrize(
    "change",
    [{"manager": "kubectl"}, {"operation": "Update"}, {"subresource": "status"}, {"apiVersion": "apps/v1beta1"}],
    ids=lambda change: next(iter(change)),
)
def test_only_our_own_record_counts(change: dict[str, str]) -> None:
    body = live()
    body["metadata"]["managedFields"][1] |= change
    assert not proved_unchanged(body, WANTED, MANAGER)


def test_field_that_somebody_took_over_is_applied() -> None:
    """The server then tells the conflict."""
    body = live()
    del body["metadata"]["managedFields"][1]["fieldsV1"]["f:spec"]["f:replicas"]
    assert not proved_unchanged(body, WANTED, MANAGER)


def test_order_of_a_list_counts() -> None:
    wanted = copy.deepcopy(WANTED)
    wanted["spec"]["volumes"] = [{"name": "b", "emptyDir": {}}, {"name": "a", "emptyDir": {}}]
    body = live()
    body["spec"]["volumes"] = list(reversed(wanted["spec"]["volumes"]))
    leaf = {".": {}, "f:name": {}, "f:emptyDir": {}}
    record = body["metadata"]["managedFields"][1]["fieldsV1"]["f:spec"]["f:volumes"]
    record.clear()
    record |= {'k:{"name":"a"}': leaf, 'k:{"name":"b"}': leaf}
    assert not proved_unchanged(body, wanted, MANAGER)
    body["spec"]["volumes"].reverse()
    assert proved_unchanged(body, wanted, MANAGER)
