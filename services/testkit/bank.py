"""The bank as its customers see it: HTTP through the gateway."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import httpx

TREASURY = "treasury@platform.internal"


def new_key() -> str:
    """An idempotency key that nobody has used."""
    return secrets.token_hex(16)


@dataclass
class Customer:
    """Somebody with a token, or nobody yet."""

    http: httpx.Client
    token: str = ""

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """One request, whatever comes of it; `idempotency_key="…"` and other headers by keyword."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent.setdefault("authorization", f"Bearer {self.token}")
        return self.http.request(method, path, json=body, headers=sent)

    def expect(self, status: int, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        """One request that must be answered with this status."""
        answer = self.call(method, path, body, **headers)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code}: {answer.text}"
        content: dict[str, Any] = answer.json()
        return content

    def log_in(self, email: str, password: str) -> Customer:
        """The same, logged in."""
        body = self.expect(200, "POST", "/v1/login", {"email": email, "password": password})
        return Customer(self.http, body["access_token"])

    def newcomer(self) -> Customer:
        """Somebody new, signed up and logged in."""
        email, password = f"{secrets.token_hex(6)}@example.com", secrets.token_urlsafe(18)
        self.expect(201, "POST", "/v1/users", {"email": email, "password": password, "name": "Test Person"})
        return self.log_in(email, password)

    def open_account(self, currency: str = "EUR", name: str = "current") -> str:
        """A new account's id."""
        found = self.expect(201, "POST", "/v1/accounts", {"currency": currency, "name": name})
        assert found["status"] == "open"
        return str(found["id"])

    def deposit(self, account: str, amount: int, currency: str = "EUR", key: str = "") -> httpx.Response:
        """Fund an account; the treasury may."""
        body = {"account_id": account, "amount": amount, "currency": currency}
        return self.call("POST", "/v1/deposits", body, idempotency_key=key or new_key())

    def transfer(self, source: str, target: str, amount: int, key: str = "", **more: Any) -> httpx.Response:
        """Pay."""
        body = {"from_account": source, "to_account": target, "amount": amount, "currency": "EUR", **more}
        return self.call("POST", "/v1/transfers", body, idempotency_key=key or new_key())

    def balance(self, account: str) -> int:
        """What an account holds."""
        return int(self.expect(200, "GET", f"/v1/accounts/{account}/balance")["balance"])

    def statement(self, account: str) -> dict[str, Any]:
        """What happened on an account."""
        return self.expect(200, "GET", f"/v1/accounts/{account}/statement")
