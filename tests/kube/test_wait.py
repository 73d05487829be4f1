"""Waiting: until objects are ready, and with the reason when they do not become so."""

from __future__ import annotations

import threading
import time
from typing import Any

from tests.kube.cluster import Cluster
from tests.kube.manifests import custom, definition, deployment, secret


def controllers_do(cluster: Cluster, path: str, status: dict[str, Any], after: float) -> threading.Thread:
    """Write a status a while from now."""

    def act() -> None:
        time.sleep(after)
        cluster.merge(f"{path}/status", {"status": status})

    thread = threading.Thread(target=act)
    thread.start()
    return thread


def test_custom_resource_becomes_ready(cluster: Cluster) -> None:
    group = "wait.example.com"
    widget = custom(cluster.name, group, "Waiter", "w")
    cluster.applied(cluster.namespace(), definition(group, "Waiter"), widget)
    path = f"/apis/{group}/v1/namespaces/{cluster.name}/waiters/w"
    cluster.merge(
        f"{path}/status", {"status": {"conditions": [{"type": "Ready", "status": "False", "reason": "Boiling"}]}}
    )
    _result, failure = cluster.apply(widget, wait=True, timeout=1)
    assert f"Waiter {cluster.name}/w: is not ready after 1 s: Ready=False (Boiling)" in failure
    thread = controllers_do(cluster, path, {"conditions": [{"type": "Ready", "status": "True"}]}, 1.0)
    assert cluster.applied(widget, wait=True, timeout=30) == {"Waiter w": "unchanged"}
    thread.join()


def test_controller_is_given_a_moment_to_speak(cluster: Cluster) -> None:
    """A custom resource without a status may be ready, or its controller has only not come to it."""
    group = "moment.example.com"
    widget = custom(cluster.name, group, "Sleeper", "w")
    cluster.applied(cluster.namespace(), definition(group, "Sleeper"))
    path = f"/apis/{group}/v1/namespaces/{cluster.name}/sleepers/w"
    speak = {"conditions": [{"type": "Ready", "status": "False", "reason": "Asleep"}]}
    thread = controllers_do(cluster, path, speak, 1.5)
    _result, failure = cluster.apply(widget, wait=True, timeout=4)
    thread.join()
    assert "Ready=False (Asleep)" in failure
    cluster.client.request("DELETE", path)
    assert cluster.applied(widget, wait=True, timeout=30) == {"Sleeper w": "created"}


def test_reason_is_told_when_a_workload_does_not_come_up(cluster: Cluster) -> None:
    """The container's state, as a node would report it, and the events; secrets in them hidden."""
    known = secret(cluster.name, "s", password="correct horse battery")
    body = deployment(cluster.name, "web", replicas=2)
    cluster.applied(cluster.namespace(), known, body)
    pods = f"/api/v1/namespaces/{cluster.name}/pods"
    deadline = time.monotonic() + 20
    while len(found := list(cluster.client.items(pods))) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    waiting = {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container"}
    crashed = {
        "name": "main",
        "image": "x",
        "imageID": "x",
        "ready": False,
        "restartCount": 3,
        "state": {"waiting": waiting},
        "lastState": {"terminated": {"exitCode": 7, "reason": "Error"}},
    }
    pod = found[0]["metadata"]["name"]
    cluster.merge(f"{pods}/{pod}/status", {"status": {"phase": "Running", "containerStatuses": [crashed]}})
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "e", "namespace": cluster.name},
        "involvedObject": {"kind": "Pod", "name": pod, "namespace": cluster.name},
        "type": "Warning",
        "reason": "BackOff",
        "message": "refused password=abc123 and correct horse battery",
    }
    cluster.post(f"/api/v1/namespaces/{cluster.name}/events", event)
    result, failure = cluster.apply(known, body, wait=True, timeout=2)
    for part in (
        f"Deployment {cluster.name}/web: is not ready after 2 s: 0 of 2 replicas available",
        f"Pod {pod}, container main: waiting: CrashLoopBackOff: back-off 10s",
        "last time it ended with exit code 7 (Error)",
        "3 restarts",
        f"event on Pod {pod}: BackOff: refused password=*** and ***",
    ):
        assert part in failure, failure
    assert result["counts"]["failed"] == 1


def test_pods_that_may_not_be_made_are_explained(cluster: Cluster) -> None:
    """A quota that leaves no room: the ReplicaSet knows."""
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "none", "namespace": cluster.name},
        "spec": {"hard": {"pods": "0"}},
    }
    body = deployment(cluster.name, "web")
    cluster.applied(cluster.namespace(), quota)
    deadline = time.monotonic() + 20
    while not (cluster.live("resourcequotas/none") or {}).get("status", {}).get("hard") and time.monotonic() < deadline:
        time.sleep(0.2)
    _result, failure = cluster.apply(cluster.namespace(), quota, body, wait=True, timeout=4)
    assert "exceeded quota: none" in failure


def test_claims_are_waited_for_only_when_asked(cluster: Cluster) -> None:
    claim: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "disk", "namespace": cluster.name},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    assert cluster.applied(cluster.namespace(), claim, wait=True, timeout=1)
    _result, failure = cluster.apply(cluster.namespace(), claim, wait=True, wait_claims=True, timeout=1)
    assert "is Pending, not Bound" in failure
