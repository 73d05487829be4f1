"""Fixtures for all services' tests. Unit tests cannot open a socket; only integration tests get a database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import pytest_socket

from testkit.bank import TREASURY, Customer
from testkit.postgres import Postgres, PostgresMissing, find_programs
from testkit.stack import Stack


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Whatever is not an integration test gets no network; asyncio needs a pair of Unix sockets."""
    if "integration" not in item.path.parts:
        pytest_socket.disable_socket(allow_unix_socket=True)


def pytest_runtest_teardown() -> None:
    """Give the network back."""
    pytest_socket.enable_socket()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """What coroutines run on, in tests as in the services."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for this run."""
    try:
        server = Postgres(find_programs())
    except PostgresMissing as error:
        pytest.skip(str(error))
    server.create()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def stack(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """All five services, running."""
    bank = Stack(postgres, Path(tmp_path_factory.mktemp("stack")))
    try:
        bank.start()
        yield bank
    finally:
        bank.stop()


@pytest.fixture
def public(stack: Stack) -> Iterator[Customer]:
    """Somebody at the gateway who has not logged in."""
    with httpx.Client(base_url=stack.url, timeout=30, trust_env=False) as client:
        yield Customer(client)


@pytest.fixture
def treasury(stack: Stack, public: Customer) -> Customer:
    """The bank's own user that may fund accounts."""
    return public.log_in(TREASURY, stack.treasury_password)
