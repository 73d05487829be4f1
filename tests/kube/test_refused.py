"""Errors: all of them at once, each with the object, the reason and the remedy."""

from __future__ import annotations

import time
from pathlib import Path

from tests.kube.cluster import Cluster, actions
from tests.kube.manifests import custom, definition, deployment, secret


def test_bad_input_is_refused_before_any_write(cluster: Cluster) -> None:
    bad = [
        cluster.namespace(),
        {"kind": "ConfigMap", "metadata": {"name": "a", "namespace": "x"}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "x", "generateName": "a-"}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "homeless"}},
        {"apiVersion": "v1", "kind": "ConfigMapp", "metadata": {"name": "typo", "namespace": "x"}},
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "housed", "namespace": "x"}},
        {"apiVersion": "apps/v1beta1", "kind": "Deployment", "metadata": {"name": "old", "namespace": "x"}},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "s", "namespace": "x"},
            "data": {"k": "not base64!"},
        },
        cluster.config("twice"),
        cluster.config("twice"),
    ]
    result, failure = cluster.apply(*bad)
    for part in (
        "apiVersion is missing",
        "metadata.name is missing; generateName",
        "ConfigMap homeless: metadata.namespace is missing",
        "did you mean ConfigMap?",
        "Namespace belongs to no namespace",
        "Deployment is served as apps/v1",
        "data.k is not base64",
        "twice: is in the set 2 times",
    ):
        assert part in failure, failure
    assert not result["changed"]
    assert not result["objects"]
    assert cluster.live(f"/api/v1/namespaces/{cluster.name}") is None


def test_conflict_names_managers_and_fields(cluster: Cluster) -> None:
    cluster.have_namespace()
    path = f"/api/v1/namespaces/{cluster.name}/configmaps"
    cluster.write(f"{path}/a", cluster.config("a", k="theirs", free="x"), manager="their-tool")
    cluster.write(f"{path}/b", cluster.config("b", k="theirs"), manager="other-tool")
    objects = [cluster.config("a", k="ours"), cluster.config("b", k="ours"), cluster.config("c", k="ours")]
    for check in (True, False):
        result, failure = cluster.apply(*objects, check=check)
        assert "their-tool owns .data.k" in failure
        assert "other-tool owns .data.k" in failure
        assert "force_conflicts" in failure
        assert actions(result) == {"ConfigMap c": "created"}
    assert cluster.live("configmaps/a")["data"]["k"] == "theirs"  # type: ignore[index]
    assert cluster.applied(*objects, force_conflicts=True) == {
        "ConfigMap a": "configured",
        "ConfigMap b": "configured",
        "ConfigMap c": "unchanged",
    }
    assert cluster.live("configmaps/a")["data"] == {"k": "ours", "free": "x"}  # type: ignore[index]


def test_all_errors_are_told_at_once_and_later_waves_not_written(cluster: Cluster) -> None:
    """One error in each of two waves, and a sound workload that must not start on half a configuration."""
    cluster.have_namespace()
    broken = deployment(cluster.name, "broken")
    broken["spec"]["selector"] = {"matchLabels": {"app": "another"}}
    wrong = cluster.config("wrong", k="1")
    wrong["metadata"]["name"] = "Not_A_Name"
    result, failure = cluster.apply(wrong, cluster.config("right"), broken, deployment(cluster.name, "sound"))
    assert "Not_A_Name" in failure
    assert "Deployment" in failure
    assert "broken" in failure
    assert "1 further objects were only checked" in failure
    assert actions(result) == {"ConfigMap right": "created"}
    assert result["counts"]["failed"] == 2
    assert cluster.live(f"/apis/apps/v1/namespaces/{cluster.name}/deployments/sound") is None


def test_no_value_of_a_secret_in_an_error(cluster: Cluster) -> None:
    """The server quotes what it refuses."""
    cluster.have_namespace()
    body = secret(cluster.name, "s", **{"not a key!": "very secret text"})
    _result, failure = cluster.apply(body)
    assert "not a key!" in failure
    assert "very secret text" not in failure


def test_field_that_does_not_exist_is_told_at_once(cluster: Cluster) -> None:
    """Of built-in kinds and of custom ones, whose unknown fields a server would otherwise drop silently."""
    group = "strict.example.com"
    cluster.applied(cluster.namespace(), definition(group, "Strict"))
    body = deployment(cluster.name, "d")
    body["spec"]["replcias"] = 2
    strict = {**custom(cluster.name, group, "Strict", "s"), "spce": {"a": "b"}}
    began = time.monotonic()
    result, failure = cluster.apply(body, strict)
    assert time.monotonic() - began < 10
    assert "replcias" in failure
    assert "spce" in failure
    assert not result["changed"]


def test_missing_namespace_is_told(cluster: Cluster) -> None:
    _result, failure = cluster.apply(cluster.config("a"))
    assert "add the Namespace to the set" in failure


def test_immutable_field_is_told(cluster: Cluster) -> None:
    cluster.applied(cluster.namespace(), deployment(cluster.name, "d"))
    changed = deployment(cluster.name, "d")
    changed["spec"]["selector"]["matchLabels"] = {"app": "x"}
    changed["spec"]["template"]["metadata"]["labels"] = {"app": "x"}
    _result, failure = cluster.apply(changed)
    assert "must be deleted first" in failure


def test_kubeconfig_that_is_not_there(cluster: Cluster, tmp_path: Path) -> None:
    _result, failure = cluster.apply(cluster.config("a"), kubeconfig=str(tmp_path / "none"))
    assert "cannot use" in failure
    assert str(tmp_path / "none") in failure


def test_context_that_is_not_there(cluster: Cluster) -> None:
    _result, failure = cluster.apply(cluster.config("a"), context="elsewhere")
    assert "elsewhere" in failure
