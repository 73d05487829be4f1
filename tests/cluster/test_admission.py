"""What the cluster refuses, each beside a twin that it admits."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes import client

from tests.cluster import pods
from tests.live import cluster

SERVICE_NAMESPACES = ["edge", "application", "cde"]


def dry_run(core: client.CoreV1Api, namespace: str, body: dict[str, Any]) -> None:
    """Ask the API server, without making anything."""
    core.create_namespaced_pod(namespace, body, dry_run="All")


@pytest.mark.parametrize("namespace", SERVICE_NAMESPACES)
def test_ordinary_pod_is_admitted(core: client.CoreV1Api, image: str, namespace: str) -> None:
    """The control: refusals below are about what they say, not about every pod."""
    dry_run(core, namespace, pods.restricted("probe", image, pods.SLEEP))


@pytest.mark.parametrize("namespace", SERVICE_NAMESPACES)
@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"container": {"securityContext": {"privileged": True}}}, "privileged"),
        ({"hostNetwork": True}, "host namespaces"),
        ({"volumes": [{"name": "host", "hostPath": {"path": "/"}}]}, "hostPath"),
        ({"securityContext": {"runAsUser": 0, "runAsNonRoot": False}}, "runAsNonRoot"),
    ],
    ids=["privileged", "host network", "host path", "root"],
)
def test_dangerous_pod_is_refused(
    core: client.CoreV1Api, image: str, namespace: str, spec: dict[str, Any], reason: str
) -> None:
    """Pod Security `restricted` refuses it, and says why."""
    with pytest.raises(client.ApiException) as refusal:
        dry_run(core, namespace, pods.restricted("probe", image, pods.SLEEP, **spec))
    assert refusal.value.status == 403
    assert reason in str(refusal.value.body)


@pytest.mark.parametrize("namespace", [*SERVICE_NAMESPACES, "data"])
def test_namespace_is_limited(core: client.CoreV1Api, namespace: str) -> None:
    """Nobody can use the whole cluster, and nobody forgets a limit."""
    assert core.list_namespaced_resource_quota(namespace).items
    assert core.list_namespaced_limit_range(namespace).items


def test_pod_beyond_the_quota_is_refused(core: client.CoreV1Api, image: str) -> None:
    """The quota is more than an object."""
    resources = {"resources": {"requests": {"cpu": "900", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}}
    with pytest.raises(client.ApiException) as refusal:
        dry_run(core, "application", pods.restricted("probe", image, pods.SLEEP, container=resources))
    assert refusal.value.status == 403


def test_metrics_are_served() -> None:
    """Autoscaling has something to go by."""

    def measured() -> None:
        found = client.CustomObjectsApi(cluster.connect()).list_cluster_custom_object(
            "metrics.k8s.io", "v1beta1", "nodes"
        )
        assert found["items"]

    cluster.eventually(measured, 90)
