"""What the ledger is told of accounts."""

from __future__ import annotations

import logging

from accounts.domain.accounts import Account
from chassis.client import Callee
from chassis.problems import unavailable
from chassis.tokens import Principal

log = logging.getLogger("accounts")


class Ledger:
    """Service transactions, as far as this one needs it."""

    def __init__(self, transactions: Callee) -> None:
        self.transactions = transactions

    async def open(self, account: Account, owner: Principal) -> None:
        """Let the ledger know an account; again has no effect.

        :raises Problem: 503 when it does not answer or did not take it
        """
        body = {"owner": str(account.owner), "currency": account.currency}
        answer = await self.transactions.call(
            "PUT", f"/ledger/accounts/{account.id}", body=body, headers=owner.headers()
        )
        if answer.status != 200:
            fields = {"account": str(account.id), "status": answer.status}
            log.error("the ledger did not take an account", extra={"fields": fields})
            raise unavailable("transactions")
