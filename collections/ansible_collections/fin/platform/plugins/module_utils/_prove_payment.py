# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A payment through the public gateway, as a customer makes it."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.urls import open_url

from ansible_collections.fin.platform.plugins.module_utils._prove_result import Proof, ProofError

FUND, PAY = 10_000, 2_500


@dataclass
class Gateway:
    """The public API; every call is bounded in time, and tried again only while nothing answers yet."""

    url: str
    patience: float = 60.0

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, token: str = "", expect: int = 200
    ) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(16)}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = json.dumps(body).encode() if body is not None else None
        end = time.monotonic() + self.patience
        while True:
            # The same key at each try: a payment that was made although its answer was lost is not made twice.
            status, text = self._once(method, path, data, headers)
            if status == expect:
                return dict(json.loads(text))
            if status not in (0, 502, 503, 504) or time.monotonic() > end:
                raise ProofError(
                    f"{method} {path} answered {status or 'nothing'}, expected {expect}: {text[:300] if status >= 400 or not status else ''}"
                )
            time.sleep(1)

    def _once(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> tuple[int, str]:
        try:
            answer = open_url(f"{self.url}{path}", method=method, data=data, headers=headers, timeout=15)
            return answer.status, answer.read().decode()
        except OSError as e:
            code = getattr(e, "code", 0)
            return (code, e.read().decode(errors="replace")) if code and hasattr(e, "read") else (0, str(e))


def pay(gateway: Gateway, treasury_password: Callable[[], str]) -> Proof:
    """Two accounts of a new customer, one funded; a transfer; both statements must say it, and agree with the balances."""
    mail, password = f"proof-{secrets.token_hex(6)}@example.org", secrets.token_urlsafe(24)
    gateway.call("POST", "/v1/users", {"email": mail, "password": password, "name": "Proof"}, expect=201)
    token = gateway.call("POST", "/v1/login", {"email": mail, "password": password})["access_token"]
    treasury = gateway.call(
        "POST", "/v1/login", {"email": "treasury@platform.internal", "password": treasury_password()}
    )["access_token"]
    accounts = [
        gateway.call("POST", "/v1/accounts", {"currency": "EUR", "name": name}, token, 201)["id"]
        for name in ("current", "savings")
    ]
    gateway.call("POST", "/v1/deposits", {"account_id": accounts[0], "amount": FUND, "currency": "EUR"}, treasury, 201)
    transfer = {
        "from_account": accounts[0],
        "to_account": accounts[1],
        "amount": PAY,
        "currency": "EUR",
        "reference": "proof",
    }
    paid = gateway.call("POST", "/v1/transfers", transfer, token, 201)
    for account, amount, closing in ((accounts[0], -PAY, FUND - PAY), (accounts[1], PAY, PAY)):
        statement = gateway.call("GET", f"/v1/accounts/{account}/statement", token=token)
        balance = gateway.call("GET", f"/v1/accounts/{account}/balance", token=token)["balance"]
        lines = [line["amount"] for line in statement["lines"] if line["transaction_id"] == paid["id"]]
        if lines != [amount] or statement["closing_balance"] != closing or balance != closing:
            raise ProofError(
                f"the statement of an account says {lines} and closes at {statement['closing_balance']}, its balance is {balance}; "
                f"expected [{amount}] and {closing}"
            )
    return Proof(
        "payment",
        "a payment goes through the gateway",
        f"{PAY} of {FUND} cents moved, both statements and balances agree",
    )
