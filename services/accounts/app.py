"""The application: settings in, adapters made, routes on."""

from __future__ import annotations

from contextlib import AsyncExitStack

from fastapi import FastAPI

from accounts.adapters.ledger import Ledger
from accounts.adapters.store import Store
from accounts.api.routes import router
from accounts.domain import accounts
from accounts.settings import Settings
from chassis import database, migrations, tokens
from chassis.application import build
from chassis.client import Callee, open_client
from chassis.idempotency import KeyReused
from chassis.settings import DatabaseSettings, ServiceSettings, read

ERRORS: dict[type[Exception], tuple[int, str]] = {
    KeyReused: (422, "idempotency-key-reused"),
    accounts.AccountUnknown: (404, "account-not-found"),
    accounts.CurrencyUnknown: (422, "currency-not-supported"),
    accounts.TooManyAccounts: (409, "too-many-accounts"),
}


def create_app(settings: ServiceSettings) -> FastAPI:
    """Build the service.

    :raises SettingsInvalid: a setting or secret is missing or unfit
    """
    own = read(Settings)
    records = database.Database(read(DatabaseSettings), migrations.newest("accounts"))

    async def start(app: FastAPI, stack: AsyncExitStack) -> None:
        client = await stack.enter_async_context(open_client())
        app.state.verifier = tokens.Verifier(tokens.KeySet(Callee(client, "identity", own.identity_url)))
        app.state.ledger = Ledger(Callee(client, "transactions", own.transactions_url))
        await records.open()
        stack.push_async_callback(records.close)
        app.state.store = Store(records)
        app.state.chassis.checks.append(records.ready)

    return build(settings, [router], start, ERRORS)
