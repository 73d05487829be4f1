"""Workloads: running, spread, and confined the way the baseline promises."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes import client

from tests.live import cluster


def test_every_pod_is_ready(core: client.CoreV1Api) -> None:
    """Nothing is pending, crashing or half up, in any namespace."""

    def settled() -> None:
        found = [pod for pod in core.list_pod_for_all_namespaces().items if pod.metadata.deletion_timestamp is None]
        bad = [pod for pod in found if pod.status.phase != "Succeeded" and not cluster.is_ready(pod)]
        assert not bad, [f"{pod.metadata.namespace}/{pod.metadata.name}: {pod.status.phase}" for pod in bad]

    cluster.eventually(settled, 120)


@pytest.fixture(params=cluster.SERVICES)
def service_pods(request: pytest.FixtureRequest) -> list[Any]:
    """All pods of each of our services."""
    return cluster.pods(cluster.namespace_of(request.param), f"app.kubernetes.io/name={request.param}")


def test_service_is_spread_over_zones(core: client.CoreV1Api, service_pods: list[Any]) -> None:
    """Losing one zone leaves every service with a pod."""
    zones = {node.metadata.name: node.metadata.labels["topology.kubernetes.io/zone"] for node in workers(core)}
    assert len({zones[pod.spec.node_name] for pod in service_pods}) >= 2


def test_service_is_confined(service_pods: list[Any]) -> None:
    """No root, no writable image, no capability, system calls filtered, no token of the API server."""
    for pod in service_pods:
        assert pod.spec.automount_service_account_token is False
        assert not [volume.name for volume in pod.spec.volumes or [] if volume.projected and "token" in volume.name]
        whole = pod.spec.security_context
        for container in [*pod.spec.containers, *(pod.spec.init_containers or [])]:
            own = container.security_context
            assert (own.run_as_non_root, whole.run_as_non_root) != (None, None), container.name
            assert own.read_only_root_filesystem is True, container.name
            assert own.allow_privilege_escalation is False, container.name
            assert own.capabilities.drop == ["ALL"], container.name
            profile = own.seccomp_profile or whole.seccomp_profile
            assert profile.type == "RuntimeDefault", container.name


def test_image_cannot_be_written(service_pods: list[Any]) -> None:
    """The read-only root filesystem is not only asked for: a write fails."""
    with pytest.raises(cluster.CommandFailed, match="Read-only file system"):
        cluster.run_in(service_pods[0], ["python3", "-c", "open('/planted', 'w')"])


def test_process_has_no_capability(service_pods: list[Any]) -> None:
    """The kernel agrees: the effective set is empty and the user is not root."""
    status = cluster.read_in(service_pods[0], "/proc/self/status")
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    assert int(fields["CapEff"].strip(), 16) == 0
    assert fields["Uid"].split() == ["10001"] * 4
    assert fields["Seccomp"].strip() == "2"


def workers(core: client.CoreV1Api) -> list[Any]:
    """Nodes that stand in a zone."""
    return [node for node in core.list_node().items if "topology.kubernetes.io/zone" in node.metadata.labels]
