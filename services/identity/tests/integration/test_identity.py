"""Users and keys in a real database, with several instances at once."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Iterator

import jwt
import psycopg
import pytest
from psycopg import errors

from chassis.database import Database
from chassis.settings import DatabaseSettings, SettingsInvalid
from chassis.tokens import AUDIENCE, ISSUER
from identity.adapters.keys import Keys, Sealer
from identity.adapters.passwords import Passwords
from identity.adapters.users import Users
from identity.domain.users import TREASURY_EMAIL, CredentialsWrong
from testkit.postgres import Postgres, Role
from testkit.stack import migrate

NAME = "identity_tests"
SECRET = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


@pytest.fixture(scope="module")
def app(postgres: Postgres) -> Iterator[Role]:
    """The runtime role of a migrated database."""
    owner, role = postgres.create_database(NAME)
    migrate("identity", postgres.settings(NAME, owner))
    yield role
    postgres.drop_database(NAME)


@pytest.fixture(scope="module")
async def database(postgres: Postgres, app: Role) -> AsyncIterator[Database]:
    """The database as the service has it."""
    settings = DatabaseSettings(
        host="127.0.0.1",
        port=postgres.port,
        name=NAME,
        user=app.name,
        password_file=app.password_file,
        sslmode="disable",
    )
    found = Database(settings, "0001")
    await found.open()
    yield found
    await found.close()


@pytest.fixture
def users(database: Database) -> Iterator[Users]:
    """Signing up and logging in."""
    passwords = Passwords()
    yield Users(database, passwords)
    passwords.close()


async def test_instances_that_start_at_once_share_one_key(database: Database, users: Users) -> None:
    """One makes it, all sign with it, and it is published."""
    instances = [Keys(database, Sealer(SECRET)) for _ in range(6)]
    await asyncio.gather(*(keys.prepare() for keys in instances))
    published = await instances[0].published()
    assert len(published) == 1
    await users.sign_up("signed@example.com", "correct horse battery", "Signed", None)
    user = await users.log_in("signed@example.com", "correct horse battery")
    for keys in instances:
        claims = jwt.decode(
            keys.sign(user), jwt.PyJWK(published[0]), algorithms=["EdDSA"], audience=AUDIENCE, issuer=ISSUER
        )
        assert claims["sub"] == str(user.id)
        assert claims["scope"] == ""
    with pytest.raises(SettingsInvalid):
        await Keys(database, Sealer(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())).prepare()


async def test_key_is_sealed_in_the_database(postgres: Postgres, database: Database) -> None:
    """Whoever reads the database cannot sign."""
    keys = Keys(database, Sealer(SECRET))
    await keys.prepare()
    assert keys._active is not None
    with postgres.connect(NAME) as connection:
        row = connection.execute("SELECT k::text, private_key_sealed FROM signing_keys k").fetchone()
    assert row is not None
    assert keys._active.private.private_bytes_raw().hex() not in row[0]


async def test_treasury_follows_its_secret(users: Users) -> None:
    """Made once, by several at once; a changed secret changes the password, and the old one is worth nothing."""
    await asyncio.gather(*(users.prepare_treasury("first-long-secret") for _ in range(4)))
    treasury = await users.log_in(TREASURY_EMAIL, "first-long-secret")
    assert treasury.scopes == ("ledger:fund",)
    await users.prepare_treasury("second-long-secret")
    assert (await users.log_in(TREASURY_EMAIL, "second-long-secret")).id == treasury.id
    with pytest.raises(CredentialsWrong):
        await users.log_in(TREASURY_EMAIL, "first-long-secret")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM users",
        "UPDATE users SET scopes = '{ledger:fund}'",
        "UPDATE users SET email = 'x@example.com'",
        "UPDATE signing_keys SET public_jwk = '{}'",
        "DELETE FROM signing_keys",
        "CREATE TABLE mine (id int)",
    ],
)
def test_runtime_role_may_do_little(postgres: Postgres, app: Role, statement: str) -> None:
    """Give nobody a scope, change no key, remove nobody."""
    connection: psycopg.Connection[tuple[object, ...]]
    with postgres.connect(NAME, app.name, app.password) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(statement.encode())
