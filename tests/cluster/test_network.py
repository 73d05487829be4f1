"""The network: closed by default, open where a service has declared a call."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from kubernetes import client

from tests.cluster import pods
from tests.live import cluster
from tests.runner.stage import TREE

DATABASE = ("platform-db-rw.data.svc", 5432)
METADATA = "169.254.169.254"
SOURCES = TREE / "services"
PROGRAM = "import http.server; http.server.HTTPServer(('', 8080), http.server.SimpleHTTPRequestHandler).serve_forever()"


def url_of(service: str) -> tuple[str, int]:
    """A service's host and port."""
    return f"{service}.{cluster.namespace_of(service)}.svc", 8080


PAIRS = [(caller, callee) for caller in cluster.SERVICES for callee in cluster.SERVICES if caller != callee]


def declaration(service: str) -> dict[str, Any]:
    """What a service says of itself."""
    found: dict[str, Any] = yaml.safe_load((SOURCES / service / "service.yml").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize(("caller", "callee"), PAIRS)
def test_service_reaches_what_it_declares(caller: str, callee: str) -> None:
    """Every pair, by pod and Service: open if the caller's service.yml names the callee, closed if it does not."""
    assert cluster.connects(cluster.service_pod(caller), *url_of(callee)) is (
        callee in declaration(caller).get("calls", [])
    )


@pytest.mark.parametrize("service", cluster.SERVICES)
def test_database_is_open_to_those_who_have_one(service: str) -> None:
    """Only a service that declares a database gets at the server."""
    assert cluster.connects(cluster.service_pod(service), *DATABASE) is ("database" in declaration(service))


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
