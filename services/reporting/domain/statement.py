"""Statements: every line follows from the one before, or there is no statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

MOST_LINES = 20_000


class StatementError(Exception):
    """No statement can be issued; the text says why."""


class AccountUnknown(StatementError):
    """There is no such account, or it is somebody else's."""


class DoesNotReconcile(StatementError):
    """What the ledger gave does not add up: no statement is better than a wrong one."""


class TooLong(StatementError):
    """The account has more postings than fit into one statement."""


@dataclass(frozen=True)
class Line:
    """A posting, and what the account held after it."""

    posting_id: int
    transaction_id: UUID
    seq: int
    amount: int
    balance: int
    created_at: datetime
    kind: str
    reference: str | None


@dataclass(frozen=True)
class Statement:
    """What happened on an account, in minor units."""

    account_id: UUID
    currency: str
    opening_balance: int
    closing_balance: int
    lines: tuple[Line, ...]


def draw_up(account_id: UUID, currency: str, balance: int, last_seq: int, lines: Sequence[Line]) -> Statement:
    """The statement of an account from its first posting on.

    :param balance: what the account held after posting number `last_seq`
    :raises DoesNotReconcile: the lines do not lead from 0 to that balance without a gap
    """
    held = 0
    for place, line in enumerate(lines, 1):
        held += line.amount
        if line.seq != place or line.balance != held:
            raise DoesNotReconcile(f"Posting {place} of the account does not follow from the one before it")
    if len(lines) != last_seq or held != balance:
        raise DoesNotReconcile(f"{len(lines)} of {last_seq} postings do not add up to the account's balance")
    return Statement(account_id, currency, 0, held, tuple(lines))
