"""Opening accounts and looking at one's own."""

from __future__ import annotations

import logging
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict

from accounts.adapters.ledger import Ledger
from accounts.adapters.store import Store
from accounts.domain.accounts import Account, Status
from accounts.domain.opening import complete
from chassis.fields import Currency, Name
from chassis.idempotency import key_hash, optional_key, request_hash
from chassis.problems import Problem
from chassis.tokens import Caller, Principal, User

log = logging.getLogger("accounts")


class OpenAccount(BaseModel):
    """An account that somebody wants."""

    model_config = ConfigDict(extra="forbid")

    currency: Currency
    name: Name


class AccountShown(BaseModel):
    """An account as its owner sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    currency: str
    name: str
    status: Status


class AccountList(BaseModel):
    """All accounts of one owner."""

    items: list[AccountShown]


class _Books:
    """The ledger, asked in the caller's name."""

    def __init__(self, ledger: Ledger, caller: Principal) -> None:
        self.ledger, self.caller = ledger, caller

    async def open(self, account: Account) -> None:
        await self.ledger.open(account, self.caller)


def _store(request: Request) -> Store:
    found: Store = request.app.state.store
    return found


def _books(request: Request, caller: Caller) -> _Books:
    return _Books(request.app.state.ledger, caller)


StoreOf = Annotated[Store, Depends(_store)]
BooksOf = Annotated[_Books, Depends(_books)]
router = APIRouter()


@router.post("/v1/accounts", status_code=201)
async def open_account(
    body: OpenAccount, owner: User, store: StoreOf, books: BooksOf, key: Annotated[str | None, Depends(optional_key)]
) -> AccountShown:
    """Open an account. With an Idempotency-Key the request can be repeated."""
    hashes = (key_hash(key), request_hash("open account", body.model_dump())) if key else (None, None)
    account = await store.create(owner, body.currency, body.name, *hashes)
    return AccountShown.model_validate(await complete(account, books, store))


@router.get("/v1/accounts")
async def list_accounts(owner: User, store: StoreOf, books: BooksOf) -> AccountList:
    """One's own accounts."""
    found = [await _complete_if_possible(account, books, store) for account in await store.all(owner)]
    return AccountList(items=[AccountShown.model_validate(account) for account in found])


@router.get("/v1/accounts/{account_id}")
async def show_account(account_id: UUID, owner: User, store: StoreOf, books: BooksOf) -> AccountShown:
    """One of one's own accounts."""
    account = await store.one(account_id, owner)
    return AccountShown.model_validate(await _complete_if_possible(account, books, store))


async def _complete_if_possible(account: Account, books: _Books, store: Store) -> Account:
    """Finish what an interrupted request has left; looking works without the ledger too."""
    try:
        return await complete(account, books, store)
    except Problem as problem:
        log.warning("an account is still opening", extra={"fields": {"reason": problem.kind}})
        return account
