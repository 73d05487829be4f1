# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects of a set, before anything is written."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.fin.platform.plugins.module_utils._kube_discovery import Discovery, Resource
from ansible_collections.fin.platform.plugins.module_utils._manifests_item import InputError, read

VERBS = frozenset({"get", "list", "patch", "delete"})
CORE = [
    Resource("", "v1", kind, kind.lower() + "s", kind != "Namespace", VERBS)
    for kind in ("ConfigMap", "Namespace", "Secret")
]
DEPLOYMENT = Resource("apps", "v1", "Deployment", "deployments", True, VERBS)
DEFINITION = Resource(
    "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", False, VERBS
)


def known() -> Discovery:
    return Discovery([*CORE, DEPLOYMENT, DEFINITION])


def config(name: str = "a", **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "x", **metadata}}


def problems(*objects: Any, name: str = "s") -> str:
    with pytest.raises(InputError) as told:
        read(objects, name, known(), lenient=False)
    return "\n".join(told.value.problems)


def test_objects_are_marked_as_the_sets_own() -> None:
    (item,) = read([config(labels={"a": "b"})], "s", known(), lenient=False).items
    labels = {"a": "b", "app.kubernetes.io/managed-by": "fin.platform", "fin.platform/set": "s"}
    assert item.body["metadata"]["labels"] == labels


def test_what_only_the_server_writes_is_left_out() -> None:
    body = {**config(uid="u", resourceVersion="1", managedFields=[], creationTimestamp=None), "status": {"x": 1}}
    (item,) = read([body], "s", known(), lenient=False).items
    assert set(item.body["metadata"]) == {"name", "namespace", "labels"}
    assert "status" not in item.body


def test_texts_of_a_secret_become_data() -> None:
    body = {**config(), "kind": "Secret", "data": {"a": "eA=="}, "stringData": {"b": "x"}}
    (item,) = read([body], "s", known(), lenient=False).items
    assert item.body["data"] == {"a": "eA==", "b": "eA=="}
    assert "stringData" not in item.body


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("kind: ConfigMap", "object 1: is str, not a mapping"),
        ({"metadata": {"name": "a"}}, "object 1 (no kind a): apiVersion is missing"),
        ({"apiVersion": "v1", "kind": "ConfigMap"}, "metadata.name is missing"),
        (
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "a-"}},
            "makes a new object in every run",
        ),
        ({"apiVersion": "v1", "kind": "List", "items": []}, "is a list of objects"),
        (config(labels={"fin.platform/set": "other"}), "is 'other', but this set's objects carry 's'"),
        (config(labels={"app.kubernetes.io/managed-by": "Helm"}), "is 'Helm'"),
        (config(labels=["a"]), "metadata.labels is not a mapping"),
        (config(namespace=None), "metadata.namespace is missing"),
        (
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "namespace": "x"}},
            "belongs to no namespace",
        ),
        ({**config(), "kind": "Configmap"}, "did you mean ConfigMap?"),
        ({**config(), "apiVersion": "apps/v1beta1", "kind": "Deployment"}, "Deployment is served as apps/v1"),
        ({**config(), "apiVersion": "x.io/v1", "kind": "Zebra"}, "is its CustomResourceDefinition installed"),
        ({**config(), "kind": "Secret", "data": {"k": "no base64"}}, "data.k is not base64; use stringData"),
        ({**config(), "kind": "Secret", "stringData": {"k": 4711}}, "stringData is not a mapping of texts"),
    ],
)
def test_what_cannot_be_right(body: Any, problem: str) -> None:
    assert problem in problems(body)


def test_the_same_object_in_two_versions_is_there_twice() -> None:
    both = [{**config("web"), "apiVersion": version, "kind": "Thing"} for version in ("x.io/v1", "x.io/v2")]
    discovery = Discovery([Resource("x.io", version, "Thing", "things", True, VERBS) for version in ("v1", "v2")])
    with pytest.raises(InputError, match="Thing x/web: is in the set 2 times"):
        read(both, "s", discovery, lenient=False)


def test_all_problems_at_once() -> None:
    text = problems("no object", config(namespace=None), config("twice"), config("twice"), name="no label!")
    for part in ("'no label!' cannot be", "object 1", "namespace is missing", "twice: is in the set 2 times"):
        assert part in text


def test_kind_that_the_set_defines_is_known() -> None:
    spec = {
        "group": "x.io",
        "scope": "Namespaced",
        "names": {"kind": "Widget", "plural": "widgets"},
        "versions": [{"name": "v1"}, {"name": "v0", "served": False}],
    }
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.x.io"},
        "spec": spec,
    }
    widget = {**config("w"), "apiVersion": "x.io/v1", "kind": "Widget"}
    inventory = read([widget, definition], "s", known(), lenient=False)
    assert inventory.items[0].resource is not None
    assert inventory.items[0].resource.path("x", "w") == "/apis/x.io/v1/namespaces/x/widgets/w"
    assert "does not know x.io/v0 Widget" in problems({**widget, "apiVersion": "x.io/v0"}, definition)


def test_unknown_kind_is_assumed_in_check_mode() -> None:
    inventory = read([{**config(), "apiVersion": "x.io/v1", "kind": "Zebra"}], "s", known(), lenient=True)
    assert inventory.items[0].resource is None
    assert "assumed that its definition is installed before Zebra x/a is applied" in inventory.warnings[0]
