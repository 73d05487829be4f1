"""The application: settings in, adapters made, routes on."""

from __future__ import annotations

from contextlib import AsyncExitStack

from fastapi import FastAPI

from chassis import database, migrations, tokens
from chassis.application import build
from chassis.client import Callee, open_client
from chassis.idempotency import KeyReused
from chassis.settings import DatabaseSettings, ServiceSettings, read
from transactions.adapters.ledger import Ledger
from transactions.api.routes import router
from transactions.domain import ledger
from transactions.settings import Settings

ERRORS: dict[type[Exception], tuple[int, str]] = {
    KeyReused: (422, "idempotency-key-reused"),
    ledger.AccountDiffers: (409, "account-exists"),
    ledger.AccountUnknown: (404, "account-not-found"),
    ledger.CurrencyMismatch: (422, "currency-mismatch"),
    ledger.CurrencyUnknown: (422, "currency-not-supported"),
    ledger.InsufficientFunds: (409, "insufficient-funds"),
    ledger.NotTheOwner: (403, "not-allowed"),
    ledger.SameAccount: (422, "same-account"),
}


def create_app(settings: ServiceSettings) -> FastAPI:
    """Build the service.

    :raises SettingsInvalid: a setting or secret is missing or unfit
    """
    own = read(Settings)
    books = database.Database(read(DatabaseSettings), migrations.newest("transactions"))

    async def start(app: FastAPI, stack: AsyncExitStack) -> None:
        client = await stack.enter_async_context(open_client())
        app.state.verifier = tokens.Verifier(tokens.KeySet(Callee(client, "identity", own.identity_url)))
        await books.open()
        stack.push_async_callback(books.close)
        app.state.ledger = Ledger(books)
        app.state.chassis.checks.append(books.ready)

    return build(settings, [router], start, ERRORS)
