"""The network: closed by default, open where a service has declared a call."""

from __future__ import annotations

import pytest
from kubernetes import client

from tests.cluster import pods
from tests.live import cluster

DATABASE = ("platform-db-rw.data.svc", 5432)
METADATA = "169.254.169.254"
PROGRAM = "import http.server; http.server.HTTPServer(('', 8080), http.server.SimpleHTTPRequestHandler).serve_forever()"


def url_of(service: str) -> tuple[str, int]:
    """A service's host and port."""
    return f"{service}.{cluster.namespace_of(service)}.svc", 8080


@pytest.mark.parametrize(
    ("caller", "callee"),
    [("gateway", "identity"), ("gateway", "accounts"), ("accounts", "transactions"), ("accounts", "identity")],
)
def test_declared_call_is_open(caller: str, callee: str) -> None:
    """The positive control: what a service.yml declares can be reached."""
    assert cluster.connects(cluster.service_pod(caller), *url_of(callee))


@pytest.mark.parametrize(
    ("caller", "callee"),
    [("identity", "transactions"), ("identity", "gateway"), ("transactions", "accounts"), ("reporting", "gateway")],
)
def test_undeclared_call_is_closed(caller: str, callee: str) -> None:
    """Nothing else can be reached, within a namespace or across."""
    assert not cluster.connects(cluster.service_pod(caller), *url_of(callee))


def test_database_is_closed_to_the_edge() -> None:
    """The gateway has no database, and cannot reach one."""
    assert cluster.connects(cluster.service_pod("transactions"), *DATABASE)
    assert not cluster.connects(cluster.service_pod("gateway"), *DATABASE)


def test_stranger_reaches_strangers_only(core: client.CoreV1Api, namespace: str, image: str) -> None:
    """A pod of no zone talks to its neighbour, on whichever node, and to none of ours."""
    target = pods.start(core, namespace, pods.restricted("target", image, ["python3", "-c", PROGRAM]))
    stranger = pods.start(core, namespace, pods.restricted("stranger", image, pods.SLEEP))

    def neighbour() -> None:
        assert cluster.connects(stranger, target.status.pod_ip, 8080)

    cluster.eventually(neighbour, 30)
    assert not cluster.connects(stranger, *DATABASE)
    for service in cluster.SERVICES[1:]:
        assert not cluster.connects(stranger, *url_of(service)), service


@pytest.mark.parametrize("service", cluster.SERVICES)
def test_metadata_address_is_closed(service: str) -> None:
    """No pod of ours gets at a cloud's credentials."""
    assert not cluster.connects(cluster.service_pod(service), METADATA, 80)


@pytest.mark.parametrize("service", cluster.SERVICES)
def test_nobody_reaches_the_api_server(service: str) -> None:
    """Services have no business with the control plane."""
    assert not cluster.connects(cluster.service_pod(service), "kubernetes.default.svc", 443)


@pytest.mark.parametrize("namespace", ["edge", "application", "cde", "data"])
def test_default_deny_exists_both_ways(namespace: str) -> None:
    """Each zone starts closed: a policy on all pods that allows nothing, in and out."""
    found = client.NetworkingV1Api(cluster.connect()).list_namespaced_network_policy(namespace).items
    closed = [
        item.spec.policy_types
        for item in found
        if not (item.spec.pod_selector.match_labels or item.spec.pod_selector.match_expressions)
        and not item.spec.ingress
        and not item.spec.egress
    ]
    assert {"Ingress", "Egress"} <= {kind for kinds in closed for kind in kinds}
