"""Running the bank: what survives what, who waits for whom, and how services start and end."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from testkit.bank import TREASURY, Customer, new_key
from testkit.postgres import Postgres, PostgresMissing, find_programs, free_port
from testkit.stack import SERVICES, Stack

RETRY = (502, 503, 504)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A bank that these tests may hurt, with a PostgreSQL of its own."""
    try:
        server = Postgres(find_programs())
    except PostgresMissing as error:
        pytest.skip(str(error))
    server.create()
    bank = Stack(server, Path(tmp_path_factory.mktemp("hurt")))
    try:
        bank.start()
        yield bank
    finally:
        bank.stop()
        server.remove()


@pytest.fixture
def customer(own: Stack) -> Iterator[Customer]:
    """Somebody new."""
    with httpx.Client(base_url=own.url, timeout=30, trust_env=False) as client:
        yield Customer(client).newcomer()


def _funded(own: Stack, customer: Customer, amount: int) -> tuple[str, str]:
    treasury = Customer(customer.http).log_in(TREASURY, own.treasury_password)
    accounts = customer.open_account(), customer.open_account()
    assert treasury.deposit(accounts[0], amount).status_code == 201
    return accounts


def _pay_patiently(customer: Customer, source: str, target: str, stop: threading.Event, paid: list[str]) -> None:
    """One payment after another, each repeated with its key until it is answered; the ids of those acknowledged."""
    while not stop.is_set():
        key, end = new_key(), time.monotonic() + 60
        while time.monotonic() < end:
            answer = customer.transfer(source, target, 1, key)
            if answer.status_code == 201:
                paid.append(answer.json()["id"])
                break
            assert answer.status_code in RETRY, answer.text
            time.sleep(0.1)


def test_payments_survive_a_crash_of_the_database(own: Stack, customer: Customer) -> None:
    """None that was acknowledged is lost, none is doubled, and payments go on by themselves."""
    source, target = _funded(own, customer, 100_000)
    stop, paid = threading.Event(), list[str]()
    payers = [threading.Thread(target=_pay_patiently, args=(customer, source, target, stop, paid)) for _ in range(4)]
    for payer in payers:
        payer.start()
    time.sleep(1)
    own.postgres.stop(signal.SIGQUIT)
    time.sleep(2)
    before = len(paid)
    began = time.monotonic()
    own.postgres.start()
    while len(paid) < before + 20 and time.monotonic() - began < 30:
        time.sleep(0.1)
    recovered = time.monotonic() - began
    stop.set()
    for payer in payers:
        payer.join()
    assert before > 0
    assert len(paid) >= before + 20
    assert recovered < 15
    assert len(set(paid)) == len(paid)
    statement = customer.statement(target)
    assert sorted(line["transaction_id"] for line in statement["lines"]) == sorted(paid)
    assert customer.balance(target) == len(paid)


def test_ready_tells_of_the_database(own: Stack) -> None:
    """Services with a database are not ready without it; those without one are; all stay alive."""
    own.postgres.stop(signal.SIGQUIT)
    try:
        for service in own.services.values():
            expected = 503 if service.name in ("identity", "accounts", "transactions") else 200
            assert httpx.get(f"{service.url}/readyz", timeout=10, trust_env=False).status_code == expected
            assert httpx.get(f"{service.url}/livez", timeout=10, trust_env=False).status_code == 200
    finally:
        own.postgres.start()
    for service in own.services.values():
        service.wait()


def test_accounts_opened_while_the_ledger_is_away(own: Stack, customer: Customer) -> None:
    """Are completed by the next request that sees them; the same request again opens no second one."""
    ledger = own.services["transactions"]
    ledger.stop()
    key, wanted = new_key(), {"currency": "EUR", "name": "patient"}
    answer = customer.call("POST", "/v1/accounts", wanted, idempotency_key=key)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    listed = customer.expect(200, "GET", "/v1/accounts")["items"]
    assert [entry["status"] for entry in listed] == ["opening"]
    ledger.start()
    ledger.wait()
    opened = customer.expect(201, "POST", "/v1/accounts", wanted, idempotency_key=key)
    assert opened == {**listed[0], "status": "open"}
    assert customer.balance(opened["id"]) == 0


def test_services_work_while_identity_is_away(own: Stack, customer: Customer) -> None:
    """Whoever has logged in stays so; restarted, identity signs with the same key."""
    identity = own.services["identity"]
    account = customer.open_account()
    identity.stop(signal.SIGKILL)
    assert customer.balance(account) == 0
    assert (
        Customer(customer.http).call("POST", "/v1/login", {"email": "a@example.com", "password": "x"}).status_code
        == 503
    )
    identity.start()
    identity.wait()
    assert customer.newcomer().open_account()
    assert customer.balance(account) == 0


def test_services_end_when_told_and_finish_what_they_began(own: Stack, customer: Customer) -> None:
    """Exit code 0 soon after SIGTERM, the request that was under way answered."""
    gateway = own.services["gateway"]
    answers: list[int] = []
    busy = [
        threading.Thread(
            target=lambda: answers.append(
                Customer(customer.http).call("POST", "/v1/login", {"email": "a@b.example", "password": "x"}).status_code
            )
        )
        for _ in range(8)
    ]
    for one in busy:
        one.start()
    time.sleep(0.1)
    began = time.monotonic()
    code = gateway.stop()
    for one in busy:
        one.join()
    assert (code, answers) == (0, [401] * 8)
    assert time.monotonic() - began < 10
    gateway.start()
    gateway.wait()


def test_service_does_not_start_without_its_secrets(own: Stack, tmp_path: Path) -> None:
    """Exit code 2, and the reason in the log."""
    environment = {**own.services["identity"].environment, "SECRETS_DIRECTORY": str(tmp_path)}
    (tmp_path / "treasury_password").write_text("changeme", encoding="utf-8")
    (tmp_path / "token_key_encryption").write_text("A" * 43, encoding="utf-8")
    command = [sys.executable, "-m", "chassis", "serve"]
    done = subprocess.run(
        command, env=environment, cwd=SERVICES, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "token_key_encryption holds a well-known value" in done.stdout


def test_service_does_not_start_with_another_sealing_secret(own: Stack, tmp_path: Path) -> None:
    """Rather than make a second key that nobody asked for."""
    good = Path(own.services["identity"].environment["SECRETS_DIRECTORY"])
    secret = (good / "token_key_encryption").read_text(encoding="utf-8")
    (tmp_path / "treasury_password").write_text(own.treasury_password, encoding="utf-8")
    (tmp_path / "token_key_encryption").write_text(secret[::-1], encoding="utf-8")
    environment = {**own.services["identity"].environment, "SECRETS_DIRECTORY": str(tmp_path)}
    environment["PORT"] = str(free_port())
    command = [sys.executable, "-m", "identity", "serve"]
    done = subprocess.run(
        command, env=environment, cwd=SERVICES, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "restore the secret" in done.stdout


def test_memory_stays_small(own: Stack) -> None:
    """After all of the above; limits in the cluster are 256 MiB."""
    for service in own.services.values():
        assert service.memory() < 110 * 1024, service.name
