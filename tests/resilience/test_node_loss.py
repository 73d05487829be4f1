"""A node is lost while payments run: the bank answers again by itself, and keeps every payment it confirmed."""

from __future__ import annotations

import secrets
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from kubernetes import client

from tests.live import bank, cluster
from tests.live.bank import Bank

AMOUNT = 1
SECONDS_BEFORE = 10
LONGEST_OUTAGE = 300


@dataclass
class Traffic:
    """Transfers, one after the other, each asked again with its key until there is an answer."""

    customer: Bank
    source: str
    target: str
    confirmed: list[str] = field(default_factory=list)
    last: float = 0.0
    longest: float = 0.0
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Pay until told to stop."""
        self.last = time.monotonic()
        key = secrets.token_hex(16)
        while not self.stopping.is_set():
            try:
                answer = Bank(self.customer.url, self.customer.token).transfer(self.source, self.target, AMOUNT, key)
            except OSError:
                time.sleep(0.5)
                continue
            if answer.status == 201:
                now = time.monotonic()
                self.longest, self.last = max(self.longest, now - self.last), now
                self.confirmed.append(str(answer.body["id"]))
                key = secrets.token_hex(16)
            else:
                time.sleep(0.5)


@pytest.fixture
def traffic() -> Iterator[Traffic]:
    """Payments in the background for as long as a test runs."""
    customer, source, target = bank.funded(cluster.gateway_url(), 1_000_000)
    running = Traffic(customer, source, target)
    thread = threading.Thread(target=running.run)
    thread.start()
    yield running
    running.stopping.set()
    thread.join()


@pytest.fixture
def lost_node() -> Iterator[str]:
    """The node of the ledger's primary, the worst to lose; it comes back after the test."""
    primary = cluster.pods("data", "cnpg.io/cluster=platform-db,cnpg.io/instanceRole=primary")[0]
    node = str(primary.spec.node_name)
    yield node
    docker("start", node)
    cluster.eventually(lambda: node_is_ready(node), 180)


@pytest.mark.timeout(1200)
def test_confirmed_payments_outlive_a_node(traffic: Traffic, lost_node: str) -> None:
    """Stop the primary's node; wait for payments to flow again; count."""
    time.sleep(SECONDS_BEFORE)
    before = len(traffic.confirmed)
    assert before > 0, "no payment went through before the node was stopped"
    docker("kill", lost_node)
    began = time.monotonic()

    def flowing() -> None:
        assert len(traffic.confirmed) > before + 20, f"{len(traffic.confirmed) - before} payments since the node went"

    cluster.eventually(flowing, LONGEST_OUTAGE)
    traffic.stopping.set()
    time.sleep(1)
    print(f"payments flowed again within {time.monotonic() - began:.0f} s; longest gap {traffic.longest:.0f} s")
    missing = set(traffic.confirmed) - recorded(traffic.confirmed)
    assert not missing, f"{len(missing)} of {len(traffic.confirmed)} confirmed payments are gone: {sorted(missing)[:5]}"
    assert bank.sum_of_postings() == 0
    moved = traffic.customer.balance(traffic.target)
    # The last request may have been carried out with its answer on the way.
    assert len(traffic.confirmed) <= moved // AMOUNT <= len(traffic.confirmed) + 1


def recorded(transactions: list[str]) -> set[str]:
    """Those of these transactions that the ledger has."""
    found = bank.query("SELECT string_agg(DISTINCT transaction_id::text, ',') FROM postings")
    return set(transactions) & set(found.split(","))


def node_is_ready(node: str) -> None:
    """The API server sees the node again."""
    status = client.CoreV1Api(cluster.connect()).read_node(node).status
    assert any(item.type == "Ready" and item.status == "True" for item in status.conditions)


def docker(*words: str) -> None:
    """Ask the daemon that runs the nodes."""
    done = subprocess.run(
        ["docker", *words], env=cluster.docker_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"docker {' '.join(words)}: {done.stderr}"
