"""The application: settings in, adapters made, routes on."""

from __future__ import annotations

from contextlib import AsyncExitStack

from fastapi import FastAPI

from chassis import database, migrations
from chassis.application import build, prepare
from chassis.settings import DatabaseSettings, ServiceSettings, read
from identity.adapters.keys import Keys, Sealer
from identity.adapters.passwords import Passwords
from identity.adapters.users import Users
from identity.api.routes import router
from identity.domain import users

ERRORS: dict[type[Exception], tuple[int, str]] = {
    users.Busy: (503, "busy"),
    users.CredentialsWrong: (401, "credentials-wrong"),
    users.EmailInvalid: (422, "email-invalid"),
    users.EmailTaken: (409, "email-taken"),
    users.PasswordUnfit: (422, "password-unfit"),
}


def create_app(settings: ServiceSettings) -> FastAPI:
    """Build the service.

    :raises SettingsInvalid: a setting or secret is missing or unfit
    """
    sealer = Sealer(settings.secret("token_key_encryption"))
    treasury = settings.secret("treasury_password")
    store = database.Database(read(DatabaseSettings), migrations.newest("identity"))

    async def start(app: FastAPI, stack: AsyncExitStack) -> None:
        passwords = Passwords()
        stack.callback(passwords.close)
        await store.open()
        stack.push_async_callback(store.close)
        app.state.keys = Keys(store, sealer)
        app.state.users = Users(store, passwords)
        app.state.chassis.checks.append(store.ready)

        async def bootstrap() -> None:
            await store.wait()
            await app.state.keys.prepare()
            await app.state.users.prepare_treasury(treasury)

        prepare(app, bootstrap)

    return build(settings, [router], start, ERRORS)
