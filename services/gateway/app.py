"""The application: settings in, adapters made, routes on."""

from __future__ import annotations

from contextlib import AsyncExitStack

from fastapi import FastAPI

from chassis import tokens
from chassis.application import build
from chassis.client import Callee, open_client
from chassis.settings import ServiceSettings, read
from gateway.api.proxy import router
from gateway.domain.routes import SERVICES
from gateway.settings import Settings


def create_app(settings: ServiceSettings) -> FastAPI:
    """Build the service.

    :raises SettingsInvalid: a setting is missing or wrong
    """
    own = read(Settings)

    async def start(app: FastAPI, stack: AsyncExitStack) -> None:
        client = await stack.enter_async_context(open_client())
        app.state.callees = {name: Callee(client, name, own.url(name)) for name in SERVICES}
        app.state.verifier = tokens.Verifier(tokens.KeySet(app.state.callees["identity"]))

    return build(settings, [router()], start, {}, public=True)
