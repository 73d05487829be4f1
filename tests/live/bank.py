"""The bank as its customers see it: HTTP through the gateway."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.live import cluster

TREASURY = "treasury@platform.internal"
SECONDS = 20.0


@dataclass
class Answer:
    """A status code and a JSON body."""

    status: int
    body: dict[str, Any]


@dataclass
class Bank:
    """The public API, and one person's token once logged in."""

    url: str
    token: str = ""
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, body: Any = None, key: str = "") -> Answer:
        """One request; OSError (which requests' errors are) when no answer came."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if key:
            headers["Idempotency-Key"] = key
        found = self.session.request(method, self.url + path, json=body, headers=headers, timeout=SECONDS)
        try:
            content = found.json() if found.content else {}
        except ValueError:
            content = {"text": found.text[:500]}
        return Answer(found.status_code, content)

    def expect(self, status: int, method: str, path: str, body: Any = None, key: str = "") -> dict[str, Any]:
        """One request that must be answered with this status."""
        answer = self.call(method, path, body, key)
        assert answer.status == status, f"{method} {path}: {answer.status} instead of {status}: {answer.body}"
        return answer.body

    def login(self, email: str, password: str) -> Bank:
        """The same bank for somebody who has logged in."""
        body = self.expect(200, "POST", "/v1/login", {"email": email, "password": password})
        return Bank(self.url, body["access_token"])

    def customer(self) -> Bank:
        """Sign up somebody new, and log them in."""
        email, password = f"test-{secrets.token_hex(6)}@example.com", secrets.token_urlsafe(24)
        self.expect(201, "POST", "/v1/users", {"email": email, "password": password, "name": "Test Customer"})
        return self.login(email, password)

    def open_account(self, currency: str = "EUR") -> str:
        """Open an account and return its id."""
        return str(self.expect(201, "POST", "/v1/accounts", {"currency": currency, "name": "current"})["id"])

    def deposit(self, account: str, amount: int, currency: str = "EUR") -> None:
        """Fund an account; the treasury may."""
        body = {"account_id": account, "amount": amount, "currency": currency}
        self.expect(201, "POST", "/v1/deposits", body, secrets.token_hex(16))

    def transfer(self, source: str, target: str, amount: int, key: str = "") -> Answer:
        """Ask for a transfer, whatever comes of it."""
        body = {"from_account": source, "to_account": target, "amount": amount, "currency": "EUR"}
        return self.call("POST", "/v1/transfers", body, key or secrets.token_hex(16))

    def balance(self, account: str) -> int:
        """An account's balance in minor units."""
        return int(self.expect(200, "GET", f"/v1/accounts/{account}/balance")["balance"])

    def statement(self, account: str) -> dict[str, Any]:
        """An account's statement."""
        return self.expect(200, "GET", f"/v1/accounts/{account}/statement")


def treasury(url: str) -> Bank:
    """The bank's own treasury, logged in with the password that only the cluster knows."""
    password = cluster.read_in(cluster.service_pod("identity"), "/etc/platform/secrets/treasury_password")
    return Bank(url).login(TREASURY, password.strip())


def funded(url: str, amount: int) -> tuple[Bank, str, str]:
    """A new customer with an account that holds an amount, and an empty second one."""
    customer = Bank(url).customer()
    first, second = customer.open_account(), customer.open_account()
    treasury(url).deposit(first, amount)
    return customer, first, second


def sum_of_postings() -> int:
    """What all postings of the ledger add up to, asked of the database itself: 0 unless money was made or lost."""
    return int(query("SELECT coalesce(sum(amount), 0) FROM postings"))


def query(statement: str, database: str = "ledger") -> str:
    """One value from a database, asked inside the primary's pod as its superuser."""
    primary = cluster.pods("data", "cnpg.io/cluster=platform-db,cnpg.io/instanceRole=primary")
    assert primary, "no pod in namespace data is the primary of platform-db"
    command = ["psql", "-U", "postgres", "-d", database, "-Atc", statement]
    return cluster.run_in(primary[0], command, container="postgres").strip()
