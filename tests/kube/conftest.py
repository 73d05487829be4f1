"""An API server for all tests here, and calls of the modules on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kube.server import ApiServer, program
from tests.rules.environments import collection

# Ansible's loader must be the first to import anything of the collection.
collection("plugins.module_utils._manifests_module")

from tests.kube.cluster import Cluster  # noqa: E402

PROGRAMS = {"etcd": "etcd", "kube-apiserver": "kubernetes", "kube-controller-manager": "kubernetes"}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """The API server, while the tests run."""
    found = {name: program(name, group) for name, group in PROGRAMS.items()}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        pytest.skip(f"not built on this machine: {', '.join(missing)} (make up builds them)")
    etcd, apiserver, manager = (path for path in found.values() if path)
    running = ApiServer(tmp_path_factory.mktemp("kube"), etcd, apiserver, manager)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def cluster(server: ApiServer, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """The modules on that API server, with a namespace and a set named after the test."""
    name = request.node.name.split("[")[0].removeprefix("test_").replace("_", "-")[:50]
    cluster = Cluster(server.kubeconfig, name)
    yield cluster
    cluster.client.patience.stop()
