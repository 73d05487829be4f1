"""What requests and answers hold."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.fields import Amount, Currency, Text
from transactions.domain.ledger import Posted

Reference = Annotated[Text, Field(max_length=140)]


class Request(BaseModel):
    """Only known fields."""

    model_config = ConfigDict(extra="forbid")


class OpenAccount(Request):
    """An account that the ledger is to know."""

    owner: UUID
    currency: Currency


class Deposit(Request):
    """Money that comes in from outside."""

    account_id: UUID
    amount: Amount
    currency: Currency


class Transfer(Request):
    """Money that moves between two accounts."""

    from_account: UUID
    to_account: UUID
    amount: Amount
    currency: Currency
    reference: Reference | None = None


class DepositMade(BaseModel):
    """A deposit that has been posted."""

    id: UUID
    account_id: UUID
    amount: int
    currency: str
    created_at: datetime

    @classmethod
    def of(cls, posted: Posted) -> DepositMade:
        """From what the ledger holds."""
        return cls(
            id=posted.id,
            account_id=posted.target,
            amount=posted.amount,
            currency=posted.currency,
            created_at=posted.created_at,
        )


class TransferMade(BaseModel):
    """A transfer that has been posted."""

    id: UUID
    from_account: UUID
    to_account: UUID
    amount: int
    currency: str
    reference: str | None
    created_at: datetime

    @classmethod
    def of(cls, posted: Posted) -> TransferMade:
        """From what the ledger holds."""
        return cls(
            id=posted.id,
            from_account=posted.source,
            to_account=posted.target,
            amount=posted.amount,
            currency=posted.currency,
            reference=posted.reference,
            created_at=posted.created_at,
        )


class AccountKnown(BaseModel):
    """An account of the ledger."""

    id: UUID
    owner: UUID
    currency: str


class BalanceNow(BaseModel):
    """What an account holds."""

    account_id: UUID
    balance: int
    currency: str


class PostingLine(BaseModel):
    """A posting, with what the account held after it."""

    model_config = ConfigDict(from_attributes=True)

    posting_id: int
    transaction_id: UUID
    seq: int
    amount: int
    balance: int
    created_at: datetime
    kind: str
    reference: str | None


class Postings(BaseModel):
    """Some postings of an account, and what it held after the last of all."""

    account_id: UUID
    currency: str
    balance: int
    last_seq: int
    postings: list[PostingLine]
