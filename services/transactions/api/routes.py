"""Deposits, transfers, balances; and under /ledger what only other services may ask."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from prometheus_client import Counter

from chassis.idempotency import request_hash, required_key
from chassis.tokens import Caller, User, require
from transactions.adapters.ledger import Ledger
from transactions.api import schemas
from transactions.domain.ledger import Account, NotTheOwner, Order

FUND = "ledger:fund"
TRANSACTIONS = Counter("ledger_transactions", "Transactions answered as posted.", ["kind", "currency"])

router = APIRouter()


def _ledger(request: Request) -> Ledger:
    found: Ledger = request.app.state.ledger
    return found


LedgerOf = Annotated[Ledger, Depends(_ledger)]
Key = Annotated[str, Depends(required_key)]


@router.post("/v1/deposits", status_code=201)
async def deposit(body: schemas.Deposit, key: Key, caller: Caller, user: User, ledger: LedgerOf) -> schemas.DepositMade:
    """Credit an account with money from outside; for the treasury only."""
    require(caller, FUND)
    source = await ledger.external_account(body.currency)
    order = Order("deposit", source, body.account_id, body.amount, body.currency, None, user)
    posted = await ledger.execute(order, key, request_hash("deposit", body.model_dump(mode="json")))
    TRANSACTIONS.labels("deposit", posted.currency).inc()
    return schemas.DepositMade.of(posted)


@router.post("/v1/transfers", status_code=201)
async def transfer(body: schemas.Transfer, key: Key, user: User, ledger: LedgerOf) -> schemas.TransferMade:
    """Pay from one's own account to any other in the same currency."""
    order = Order("transfer", body.from_account, body.to_account, body.amount, body.currency, body.reference, user)
    posted = await ledger.execute(order, key, request_hash("transfer", body.model_dump(mode="json")))
    TRANSACTIONS.labels("transfer", posted.currency).inc()
    return schemas.TransferMade.of(posted)


@router.get("/v1/accounts/{account_id}/balance")
async def balance(account_id: UUID, user: User, ledger: LedgerOf) -> schemas.BalanceNow:
    """What one's own account holds now."""
    found = await ledger.balance(account_id, user)
    return schemas.BalanceNow(account_id=found.account_id, balance=found.balance, currency=found.currency)


@router.put("/ledger/accounts/{account_id}")
async def open_account(
    account_id: UUID, body: schemas.OpenAccount, user: User, ledger: LedgerOf
) -> schemas.AccountKnown:
    """Let the ledger know an account of the caller's."""
    if body.owner != user:
        raise NotTheOwner("An account can be opened in one's own name only")
    await ledger.open_account(Account(account_id, body.owner, body.currency))
    return schemas.AccountKnown(id=account_id, owner=body.owner, currency=body.currency)


@router.get("/ledger/accounts/{account_id}/postings")
async def postings(
    account_id: UUID,
    user: User,
    ledger: LedgerOf,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> schemas.Postings:
    """Postings of one's own account, a page at a time."""
    found = await ledger.balance(account_id, user)
    lines = await ledger.lines(account_id, after, limit)
    return schemas.Postings(
        account_id=account_id,
        currency=found.currency,
        balance=found.balance,
        last_seq=found.last_seq,
        postings=[schemas.PostingLine.model_validate(line) for line in lines if line.seq <= found.last_seq],
    )
