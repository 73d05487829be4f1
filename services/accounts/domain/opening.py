"""Opening an account in two steps that can each be repeated: written down as `opening`, told to the ledger, `open`."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol
from uuid import UUID

from accounts.domain.accounts import Account


class Books(Protocol):
    """Who must know an account before money can move."""

    async def open(self, account: Account) -> None:
        """Take it; again has no effect."""


class Records(Protocol):
    """Where accounts are written down."""

    async def mark_open(self, account_id: UUID) -> None:
        """Note that the books know it."""


async def complete(account: Account, books: Books, records: Records) -> Account:
    """Finish opening an account, however far that had come."""
    if account.status == "open":
        return account
    await books.open(account)
    await records.mark_open(account.id)
    return replace(account, status="open")
