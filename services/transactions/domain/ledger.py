"""Double entry: a transaction moves money between accounts, and its postings add up to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

Kind = Literal["deposit", "transfer"]


class LedgerError(Exception):
    """A payment or account is refused; the text says why."""


class AccountUnknown(LedgerError):
    """There is no such account, or none that the caller may see: the two are not told apart."""


class CurrencyMismatch(LedgerError):
    """The amount's currency is not the account's."""


class CurrencyUnknown(LedgerError):
    """No account can be kept in this currency."""


class SameAccount(LedgerError):
    """Money would go to where it comes from."""


class InsufficientFunds(LedgerError):
    """The account holds less than the amount."""


class AccountDiffers(LedgerError):
    """The account exists already, for somebody else or in another currency."""


class NotTheOwner(LedgerError):
    """An account would be opened in another person's name."""


@dataclass(frozen=True)
class Account:
    """An account as the ledger knows it; the bank's own have no owner."""

    id: UUID
    owner: UUID | None
    currency: str


@dataclass(frozen=True)
class Posting:
    """What a transaction adds to one account, in minor units."""

    account_id: UUID
    amount: int
    currency: str


@dataclass(frozen=True)
class Transaction:
    """A movement of money that is to be posted."""

    id: UUID
    kind: Kind
    created_by: UUID
    reference: str | None
    postings: tuple[Posting, ...]


@dataclass(frozen=True)
class Posted:
    """A transaction that has been posted."""

    id: UUID
    kind: Kind
    source: UUID
    target: UUID
    amount: int
    currency: str
    reference: str | None
    created_at: datetime


@dataclass(frozen=True)
class Order:
    """What somebody asks for: move an amount from one account to another."""

    kind: Kind
    source: UUID
    target: UUID
    amount: int
    currency: str
    reference: str | None
    ordered_by: UUID


def make_transaction(order: Order, id: UUID, accounts: Mapping[UUID, Account]) -> Transaction:
    """The transaction that carries out an order. Whether the balance suffices is for the database to say.

    :param accounts: those of the two accounts that exist
    :raises AccountUnknown: one does not exist, or money would leave an account that is not the orderer's
    :raises CurrencyMismatch: one is kept in another currency
    :raises SameAccount: the two are one
    """
    if order.amount <= 0:
        raise ValueError(f"an amount is positive, not {order.amount}")
    source, target = accounts.get(order.source), accounts.get(order.target)
    if source is None or not _may_pay(order, source):
        raise AccountUnknown("The account to pay from does not exist")
    if target is None or target.owner is None:
        raise AccountUnknown("The account to pay to does not exist")
    if source.id == target.id:
        raise SameAccount("The two accounts are the same")
    if {source.currency, target.currency} != {order.currency}:
        raise CurrencyMismatch("Both accounts must be kept in the currency of the amount")
    postings = (
        Posting(source.id, -order.amount, order.currency),
        Posting(target.id, order.amount, order.currency),
    )
    return Transaction(id, order.kind, order.ordered_by, order.reference, in_order(postings))


def _may_pay(order: Order, source: Account) -> bool:
    """Deposits come from the bank's own account, transfers from one's own."""
    return source.owner is None if order.kind == "deposit" else source.owner == order.ordered_by


def in_order(postings: tuple[Posting, ...]) -> tuple[Posting, ...]:
    """Sorted by account: all transactions lock accounts in the same order, so that none waits for another in a circle.

    :raises ValueError: they do not add up to 0
    """
    if len(postings) < 2 or sum(posting.amount for posting in postings) != 0:
        raise ValueError("the postings of a transaction add up to 0")
    return tuple(sorted(postings, key=lambda posting: posting.account_id.bytes))
