"""An account is opened in two steps, each of which can be repeated."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from accounts.domain.accounts import MOST_ACCOUNTS, Account, CurrencyUnknown, TooManyAccounts, check_opening
from accounts.domain.opening import complete

NEW = Account(uuid4(), uuid4(), "EUR", "current", "opening", datetime.now(UTC))


class Ledger:
    """The books, which may be away, and the records."""

    def __init__(self, away: bool = False) -> None:
        self.away = away
        self.steps: list[str] = []

    async def open(self, account: Account) -> None:
        if self.away:
            raise ConnectionError("away")
        self.steps.append(f"books {account.id}")

    async def mark_open(self, account_id: UUID) -> None:
        self.steps.append(f"record {account_id}")


async def test_books_know_it_before_it_is_called_open() -> None:
    """Otherwise money could be sent to where no account is."""
    ledger = Ledger()
    assert (await complete(NEW, ledger, ledger)).status == "open"
    assert ledger.steps == [f"books {NEW.id}", f"record {NEW.id}"]


async def test_it_stays_opening_while_the_books_are_away() -> None:
    """And is completed later, from where it was."""
    with pytest.raises(ConnectionError):
        await complete(NEW, Ledger(away=True), Ledger())
    assert NEW.status == "opening"


async def test_open_accounts_are_left_alone() -> None:
    """No call, no write."""
    ledger = Ledger(away=True)
    opened = await complete(NEW, Ledger(), Ledger())
    assert await complete(opened, ledger, ledger) == opened
    assert ledger.steps == []


def test_who_may_open_what() -> None:
    """Currencies that the bank keeps, and not without end."""
    check_opening("EUR", MOST_ACCOUNTS - 1)
    with pytest.raises(CurrencyUnknown):
        check_opening("XTS", 0)
    with pytest.raises(TooManyAccounts):
        check_opening("EUR", MOST_ACCOUNTS)
