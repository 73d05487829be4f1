"""The application: settings in, adapters made, routes on."""

from __future__ import annotations

from contextlib import AsyncExitStack

from fastapi import FastAPI

from chassis import tokens
from chassis.application import build
from chassis.client import Callee, open_client
from chassis.settings import ServiceSettings, read
from reporting.adapters.sources import Sources
from reporting.api.routes import router
from reporting.domain import statement
from reporting.settings import Settings

ERRORS: dict[type[Exception], tuple[int, str]] = {
    statement.AccountUnknown: (404, "account-not-found"),
    statement.DoesNotReconcile: (500, "does-not-reconcile"),
    statement.TooLong: (422, "statement-too-long"),
}


def create_app(settings: ServiceSettings) -> FastAPI:
    """Build the service.

    :raises SettingsInvalid: a setting is missing or wrong
    """
    own = read(Settings)

    async def start(app: FastAPI, stack: AsyncExitStack) -> None:
        client = await stack.enter_async_context(open_client())
        app.state.verifier = tokens.Verifier(tokens.KeySet(Callee(client, "identity", own.identity_url)))
        app.state.sources = Sources(
            Callee(client, "accounts", own.accounts_url), Callee(client, "transactions", own.transactions_url)
        )

    return build(settings, [router], start, ERRORS)
