"""Statements of one's own accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict

from chassis.tokens import Caller
from reporting.adapters.sources import Sources


class LineShown(BaseModel):
    """A posting, with what the account held after it."""

    model_config = ConfigDict(from_attributes=True)

    posting_id: int
    transaction_id: UUID
    amount: int
    balance: int
    created_at: datetime
    kind: str
    reference: str | None


class StatementShown(BaseModel):
    """What happened on an account, oldest first, in minor units."""

    model_config = ConfigDict(from_attributes=True)

    account_id: UUID
    currency: str
    opening_balance: int
    closing_balance: int
    lines: list[LineShown]


def _sources(request: Request) -> Sources:
    found: Sources = request.app.state.sources
    return found


router = APIRouter()


@router.get("/v1/accounts/{account_id}/statement")
async def statement(account_id: UUID, caller: Caller, sources: Annotated[Sources, Depends(_sources)]) -> StatementShown:
    """All postings of one's own account."""
    return StatementShown.model_validate(await sources.statement(account_id, caller))
