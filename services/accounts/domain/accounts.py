"""Accounts: opened by their owner, known to the ledger before money can move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from chassis.money import MINOR_UNITS

Status = Literal["opening", "open"]
MOST_ACCOUNTS = 100


class AccountError(Exception):
    """Something about an account is refused; the text says why."""


class AccountUnknown(AccountError):
    """There is no such account, or it is somebody else's: the two are not told apart."""


class CurrencyUnknown(AccountError):
    """No account can be kept in this currency."""


class TooManyAccounts(AccountError):
    """One person can have so many and no more."""


@dataclass(frozen=True)
class Account:
    """An account and whose it is."""

    id: UUID
    owner: UUID
    currency: str
    name: str
    status: Status
    created_at: datetime


def check_opening(currency: str, existing: int) -> None:
    """Whether somebody who has `existing` accounts may open one more in a currency.

    :raises CurrencyUnknown: not in this one
    :raises TooManyAccounts: not one more
    """
    if currency not in MINOR_UNITS:
        raise CurrencyUnknown("No accounts are kept in this currency")
    if existing >= MOST_ACCOUNTS:
        raise TooManyAccounts(f"One person can have {MOST_ACCOUNTS} accounts")
