"""What an apply says that it changed is exactly what it changed."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.kube.cluster import Body, Cluster, actions
from tests.kube.manifests import custom, definition, deployment, secret


def test_first_apply_creates_and_second_changes_nothing(cluster: Cluster) -> None:
    objects = [cluster.config("a", k="1"), secret(cluster.name, "s", password="correct horse"), cluster.namespace()]
    assert set(cluster.applied(*objects).values()) == {"created"}
    before = cluster.live("configmaps/a")
    assert set(cluster.applied(*objects).values()) == {"unchanged"}
    assert cluster.live("configmaps/a") == before


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("data", "k"), "2"),
        (("data", "new"), "1"),
        (("data", "k"), None),
        (("metadata", "labels", "team"), "blue"),
        (("metadata", "labels", "team"), None),
        (("metadata", "annotations", "note"), None),
        (("immutable",), True),
    ],
    ids=str,
)
def test_every_real_change_is_told(cluster: Cluster, path: tuple[str, ...], value: Any) -> None:
    name = "c" + str(abs(hash((path, value))))[:8]
    body = cluster.config(name, k="1", other="1")
    body["metadata"] |= {"labels": {"team": "red"}, "annotations": {"note": "x", "other": "y"}}
    cluster.applied(cluster.namespace(), body)
    place = body
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    for check in (True, False):
        assert cluster.applied(cluster.namespace(), body, check=check) == {
            f"Namespace {cluster.name}": "unchanged",
            f"ConfigMap {name}": "configured",
        }
    assert cluster.applied(body) == {f"ConfigMap {name}": "unchanged"}


def test_drift_is_repaired_and_told(cluster: Cluster) -> None:
    body = cluster.config("a", k="1")
    cluster.applied(cluster.namespace(), body)
    path = f"/api/v1/namespaces/{cluster.name}/configmaps/a"
    cluster.write(path, {**body, "data": {"k": "9"}}, manager="fin.platform", force=True)
    assert cluster.live("configmaps/a")["data"] == {"k": "9"}  # type: ignore[index]
    assert cluster.applied(body)["ConfigMap a"] == "configured"
    assert cluster.live("configmaps/a")["data"] == {"k": "1"}  # type: ignore[index]


def test_writes_of_others_are_not_ours(cluster: Cluster) -> None:
    """A status, or a field that is not in the manifest, changed by somebody else between two applies."""
    body = deployment(cluster.name, "d")
    cluster.applied(cluster.namespace(), body)
    path = f"/apis/apps/v1/namespaces/{cluster.name}/deployments/d"
    cluster.merge(f"{path}/status", {"status": {"replicas": 1, "readyReplicas": 1}})
    cluster.merge(path, {"metadata": {"annotations": {"somebody": "else"}}})
    assert cluster.applied(body) == {"Deployment d": "unchanged"}


def test_writes_of_others_during_the_apply_are_not_ours(cluster: Cluster) -> None:
    """Objects whose every version is replaced while they are applied come out as unchanged."""
    objects = [cluster.config(f"c{number}", k="1") for number in range(20)]
    cluster.applied(cluster.namespace(), *objects)
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            path = f"/api/v1/namespaces/{cluster.name}/configmaps/c{number % 20}"
            cluster.merge(path, {"data": {"theirs": str(number)}})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _round in range(5):
            assert set(cluster.applied(*objects).values()) == {"unchanged"}
    finally:
        stop.set()
        writer.join()


def test_an_object_that_was_there_is_adopted(cluster: Cluster) -> None:
    cluster.have_namespace()
    cluster.write(f"/api/v1/namespaces/{cluster.name}/configmaps/a", cluster.config("a", k="1"))
    assert cluster.applied(cluster.config("a", k="1"), check=True) == {"ConfigMap a": "configured"}
    assert cluster.applied(cluster.config("a", k="1")) == {"ConfigMap a": "configured"}
    assert cluster.applied(cluster.config("a", k="1")) == {"ConfigMap a": "unchanged"}


def test_a_move_between_sets_is_warned_of(cluster: Cluster) -> None:
    cluster.applied(cluster.namespace(), cluster.config("a", k="1"))
    result, failure = cluster.apply(cluster.config("a", k="1"), set="other")
    assert not failure
    assert actions(result) == {"ConfigMap a": "configured"}
    assert any(f"moves from set {cluster.name} to other" in warning for warning in result["warnings"])


def test_text_of_a_secret_that_is_removed_goes(cluster: Cluster) -> None:
    cluster.applied(cluster.namespace(), secret(cluster.name, "s", one="first value", two="second value"))
    assert cluster.applied(secret(cluster.name, "s", one="first value"))["Secret s"] == "configured"
    assert cluster.secret("s") == {"one": "first value"}


def test_definition_and_its_objects_in_one_set(cluster: Cluster) -> None:
    group = f"{cluster.name}.example.com"
    objects = [custom(cluster.name, group, "Widget", "w", size="1"), definition(group, "Widget"), cluster.namespace()]
    checked, failure = cluster.apply(*objects, check=True)
    assert not failure
    assert not checked["warnings"]
    assert set(actions(checked).values()) == {"created"}
    assert cluster.live(f"/apis/{group}/v1/namespaces/{cluster.name}/widgets/w") is None
    assert set(cluster.applied(*objects).values()) == {"created"}
    assert set(cluster.applied(*objects).values()) == {"unchanged"}
    assert set(cluster.applied(*objects, check=True).values()) == {"unchanged"}


def test_check_mode_and_a_definition_that_changes(cluster: Cluster) -> None:
    """The server judges the object by the old definition; a run would have changed that before."""
    group = f"{cluster.name}.example.com"
    old = definition(group, "Growing")
    cluster.applied(cluster.namespace(), old)
    new = definition(group, "Growing")
    new["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["more"] = {"type": "string"}
    body = {**custom(cluster.name, group, "Growing", "g"), "more": "x"}
    result, failure = cluster.apply(new, body, check=True)
    assert not failure
    assert "its definition changes too" in result["warnings"][0]
    assert set(cluster.applied(new, body).values()) == {"created", "configured"}
    _result, failure = cluster.apply({**body, "less": "x"}, check=True)
    assert "less" in failure


def test_check_mode_assumes_what_comes_before(cluster: Cluster) -> None:
    """On a fresh cluster earlier steps of the same run would have made the namespace and installed the definition."""
    widget = custom(cluster.name, "never.example.com", "Widget", "w")
    result, failure = cluster.apply(cluster.config("a"), widget, check=True)
    assert not failure
    assert actions(result) == {"ConfigMap a": "created", "Widget w": "created"}
    assert len(result["warnings"]) == 2
    _result, failure = cluster.apply(cluster.config("a"), widget)
    assert "the server does not know never.example.com/v1 Widget" in failure


def test_check_mode_writes_nothing(cluster: Cluster) -> None:
    objects: list[Body] = [cluster.namespace(), cluster.config("a", k="1")]
    assert set(cluster.applied(*objects, check=True, prune=True, wait=True).values()) == {"created"}
    assert cluster.live(f"/api/v1/namespaces/{cluster.name}") is None


def test_difference_shows_the_change_and_no_secret(cluster: Cluster) -> None:
    first = [
        cluster.namespace(),
        cluster.config("a", k="1"),
        secret(cluster.name, "s", kept="first value", new="old text"),
    ]
    cluster.applied(*first)
    second = [
        cluster.namespace(),
        cluster.config("a", k="2"),
        secret(cluster.name, "s", kept="first value", new="new text"),
    ]
    for check in (True, False):
        result, failure = cluster.apply(*second, diff=True, check=check)
        assert not failure
        shown = {each["before_header"].split(" (")[0]: each for each in result["diff"]}
        assert set(shown) == {f"ConfigMap {cluster.name}/a", f"Secret {cluster.name}/s"}
        assert "k: '1'" in shown[f"ConfigMap {cluster.name}/a"]["before"]
        assert "k: '2'" in shown[f"ConfigMap {cluster.name}/a"]["after"]
        assert "new: '*** (changed)'" in shown[f"Secret {cluster.name}/s"]["after"]
        assert "kept: '***'\n" in shown[f"Secret {cluster.name}/s"]["after"]
        assert "managedFields" not in str(result["diff"])
