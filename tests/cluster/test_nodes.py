"""The nodes: as many as promised, in their zones, of the version that was asked for."""

from __future__ import annotations

from typing import Any

from kubernetes import client

from tests.live import cluster


def workers(core: client.CoreV1Api) -> list[Any]:
    """The nodes that run workloads."""
    return [
        node for node in core.list_node().items if "node-role.kubernetes.io/control-plane" not in node.metadata.labels
    ]


def test_every_node_is_ready(core: client.CoreV1Api) -> None:
    """One control plane and a worker for each zone (or more), all ready."""
    nodes = core.list_node().items
    ready = [node for node in nodes if any(c.type == "Ready" and c.status == "True" for c in node.status.conditions)]
    expected = specification()["cluster"]
    assert len(ready) == len(nodes)
    assert len(workers(core)) == len(expected["zones"]) * expected.get("workers", 1)


def test_workers_stand_in_every_zone(core: client.CoreV1Api) -> None:
    """Zones are what workloads spread over."""
    zones = {node.metadata.labels.get("topology.kubernetes.io/zone") for node in core.list_node().items}
    assert set(specification()["cluster"]["zones"]) <= zones


def test_version_is_the_one_asked_for(core: client.CoreV1Api) -> None:
    """Every kubelet and the API server run the pinned Kubernetes."""
    wanted = specification()["cluster"]["kubernetes"]
    versions = {node.status.node_info.kubelet_version for node in core.list_node().items}
    assert versions == {wanted}
    assert client.VersionApi(cluster.connect()).get_code().git_version == wanted


def specification() -> dict[str, Any]:
    """The environment's specification."""
    return cluster.specification()
