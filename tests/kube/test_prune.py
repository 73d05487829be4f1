"""What a set no longer holds goes, and nothing else."""

from __future__ import annotations

from typing import Any

from tests.kube.cluster import Cluster, actions
from tests.kube.manifests import deployment, secret


def test_what_the_set_no_longer_holds_goes(cluster: Cluster) -> None:
    """Of kinds too that the set does not hold at all any more."""
    space, name = cluster.namespace(), cluster.name
    cluster.applied(
        space,
        cluster.config("stays"),
        cluster.config("goes"),
        secret(name, "s", key="some value"),
        deployment(name, "d"),
    )
    expected = {
        f"Namespace {name}": "unchanged",
        "ConfigMap stays": "unchanged",
        "ConfigMap goes": "pruned",
        "Secret s": "pruned",
        "Deployment d": "pruned",
    }
    assert cluster.applied(space, cluster.config("stays")) == dict(list(expected.items())[:2])
    assert cluster.applied(space, cluster.config("stays"), prune=True, check=True) == expected
    assert cluster.live("configmaps/goes")
    assert cluster.applied(space, cluster.config("stays"), prune=True) == expected
    assert cluster.live("configmaps/goes") is None
    assert cluster.live("secrets/s") is None
    again = cluster.applied(space, cluster.config("stays"), prune=True)
    assert set(again.values()) == {"unchanged"}


def test_only_what_was_applied_by_this_set_goes(cluster: Cluster) -> None:
    """Not another set's, not what somebody labelled alike, not what a controller copied the labels to."""
    cluster.applied(cluster.namespace(), cluster.config("mine"))
    cluster.applied(cluster.config("theirs"), set="another")
    labels = {"fin.platform/set": cluster.name, "app.kubernetes.io/managed-by": "fin.platform"}
    for name in ("copied", "halfway"):
        body = cluster.config(name)
        body["metadata"]["labels"] = labels if name == "copied" else {"fin.platform/set": cluster.name}
        cluster.post(f"/api/v1/namespaces/{cluster.name}/configmaps", body)
    service: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": cluster.name},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    }
    cluster.applied(cluster.namespace(), service)
    result, failure = cluster.apply(cluster.namespace(), service, prune=True)
    assert not failure
    pruned = [name for name, action in actions(result).items() if action == "pruned"]
    assert pruned == ["ConfigMap mine"]
    for name in ("theirs", "copied", "halfway"):
        assert cluster.live(f"configmaps/{name}")


def test_data_is_kept_and_told(cluster: Cluster) -> None:
    claim: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "disk", "namespace": cluster.name},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    cluster.applied(cluster.namespace(), claim, cluster.config("keep"), cluster.config("stays"))
    cluster.merge(
        f"/api/v1/namespaces/{cluster.name}/configmaps/keep",
        {"metadata": {"annotations": {"fin.platform/prune": "never"}}},
    )
    result, failure = cluster.apply(cluster.config("stays"), prune=True)
    assert not failure
    assert not result["changed"]
    kept = {f"{each['kind']} {each['name']}": each["reason"] for each in result["kept"]}
    assert set(kept) == {f"Namespace {cluster.name}", "PersistentVolumeClaim disk", "ConfigMap keep"}
    assert "fin.platform/prune: allow" in kept["PersistentVolumeClaim disk"]
    path = f"/api/v1/namespaces/{cluster.name}/persistentvolumeclaims/disk"
    cluster.merge(path, {"metadata": {"annotations": {"fin.platform/prune": "allow"}}})
    assert cluster.applied(cluster.config("stays"), prune=True)["PersistentVolumeClaim disk"] == "pruned"


def test_nothing_goes_when_something_failed(cluster: Cluster) -> None:
    cluster.applied(cluster.namespace(), cluster.config("goes"))
    bad = cluster.config("x")
    bad["metadata"]["name"] = "Not_A_Name"
    result, failure = cluster.apply(cluster.namespace(), bad, prune=True)
    assert failure
    assert "nothing was pruned, because not everything could be applied" in result["warnings"]
    assert cluster.live("configmaps/goes")


def test_generated_secrets_are_never_pruned(cluster: Cluster) -> None:
    cluster.applied(cluster.namespace(), cluster.config("stays"))
    labels = {"fin.platform/set": cluster.name}
    _result, failure = cluster.secrets(
        {"name": "random", "namespaces": [cluster.name], "generate": ["key"], "labels": labels}
    )
    assert not failure
    cluster.applied(cluster.namespace(), cluster.config("stays"), prune=True)
    assert cluster.live("secrets/random")


def test_an_object_that_is_being_deleted_is_made_anew(cluster: Cluster) -> None:
    """A finalizer holds it a while; the apply waits for its end instead of changing what is about to go."""
    body = cluster.config("a", k="1")
    cluster.applied(cluster.namespace(), body)
    path = f"/api/v1/namespaces/{cluster.name}/configmaps/a"
    cluster.merge(path, {"metadata": {"finalizers": ["example.com/hold"]}})
    cluster.client.request("DELETE", path)
    _result, failure = cluster.apply(body, retry_seconds=1)
    assert "is being deleted" in failure
    assert "example.com/hold" in failure
    cluster.merge(path, {"metadata": {"finalizers": None}})
    assert cluster.applied(body) == {"ConfigMap a": "created"}
