"""A server that goes away and comes back while a set is applied, and one that does not."""

from __future__ import annotations

import threading
import time

from tests.kube.cluster import Body, Cluster
from tests.kube.server import ApiServer


def test_apply_outlives_a_restart(server: ApiServer, cluster: Cluster) -> None:
    """The server is killed in the middle of it: everything is created once, and told to be."""
    objects = [cluster.namespace(), *(cluster.config(f"c{number}", k="x" * 500) for number in range(1500))]
    outcome: list[tuple[Body, str]] = []
    thread = threading.Thread(target=lambda: outcome.append(cluster.apply(*objects, retry_seconds=60)))
    thread.start()
    deadline = time.monotonic() + 30
    while cluster.live("configmaps/c200") is None and time.monotonic() < deadline:
        time.sleep(0.02)
    server.end("kube-apiserver")
    time.sleep(1)
    server.start_apiserver()
    thread.join()
    result, failure = outcome[0]
    assert not failure
    assert result["counts"] == {
        "created": 1501,
        "configured": 0,
        "unchanged": 0,
        "pruned": 0,
        "kept": 0,
        "failed": 0,
    }
    assert set(cluster.applied(*objects).values()) == {"unchanged"}


def test_an_outage_that_lasts_ends_within_its_bound(server: ApiServer, cluster: Cluster) -> None:
    """Not after the bound for each of many objects."""
    cluster.have_namespace()
    server.end("kube-apiserver")
    try:
        began = time.monotonic()
        result, failure = cluster.apply(*(cluster.config(f"c{n}") for n in range(200)), retry_seconds=3)
        assert time.monotonic() - began < 8
    finally:
        server.start_apiserver()
    assert "gave up after repeating for 3 s (retry_seconds): no connection to https://127.0.0.1" in failure
    assert not result["changed"]
