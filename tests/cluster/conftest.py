"""What the cluster tests share: clients, and a namespace of their own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from kubernetes import client

from tests.live import cluster

# Every test runs on this machine; nothing is asked of an inventory.
testinfra_hosts = ["local://"]


@pytest.fixture(scope="session")
def core() -> client.CoreV1Api:
    """The core API as the administrator."""
    return client.CoreV1Api(cluster.connect())


@pytest.fixture(scope="session")
def image() -> str:
    """An image that is on every node: the one that our own gateway runs, which has Python."""
    return str(cluster.service_pod("gateway").spec.containers[0].image)


@pytest.fixture(scope="module")
def namespace(core: client.CoreV1Api) -> Iterator[str]:
    """A namespace for the tests, with Pod Security `restricted` like the platform's own, gone afterwards."""
    name = f"test-{secrets.token_hex(4)}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    core.create_namespace({"metadata": {"name": name, "labels": labels}})
    yield name
    core.delete_namespace(name)
