"""A ledger of its own for these tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from chassis.database import Database
from chassis.idempotency import request_hash
from chassis.settings import DatabaseSettings
from testkit.postgres import Postgres, Role
from testkit.stack import migrate
from transactions.adapters.ledger import Ledger
from transactions.domain.ledger import Account, Order, Posted

NAME = "ledger_tests"


@dataclass(frozen=True)
class Books:
    """A ledger in a database, and ways around the service to look at it and to attack it."""

    ledger: Ledger
    postgres: Postgres
    owner: Role
    app: Role

    def connect(self, role: Role) -> psycopg.Connection[Any]:
        """SQL as a role."""
        return self.postgres.connect(NAME, role.name, role.password)

    def value(self, sql: str, *values: object) -> Any:
        """One value, as the superuser."""
        with self.postgres.connect(NAME) as connection:
            row = connection.execute(sql.encode(), values).fetchone()
            return row[0] if row else None

    async def account(self, balance: int = 0, owner: UUID | None = None, currency: str = "EUR") -> Account:
        """A new account that holds something."""
        account = Account(uuid4(), owner or uuid4(), currency)
        await self.ledger.open_account(account)
        if balance:
            await self.deposit(account, balance)
        return account

    async def holds(self, account: Account) -> int:
        """An account's balance."""
        assert account.owner is not None
        return (await self.ledger.balance(account.id, account.owner)).balance

    async def deposit(self, account: Account, amount: int) -> Posted:
        """Money from outside."""
        source = await self.ledger.external_account(account.currency)
        return await self.post(Order("deposit", source, account.id, amount, account.currency, None, uuid4()))

    async def transfer(self, source: Account, target: Account, amount: int, key: str = "") -> Posted:
        """A payment by the owner of the account."""
        assert source.owner is not None
        order = Order("transfer", source.id, target.id, amount, source.currency, None, source.owner)
        return await self.post(order, key)

    async def post(self, order: Order, key: str = "") -> Posted:
        """Whatever is ordered."""
        return await self.ledger.execute(order, key or uuid4().hex, request_hash(order.kind, str(order)))


@pytest.fixture(scope="module")
def roles(postgres: Postgres) -> Iterator[tuple[Role, Role]]:
    """A migrated database's owner and runtime role."""
    owner, app = postgres.create_database(NAME)
    migrate("transactions", postgres.settings(NAME, owner))
    yield owner, app
    postgres.drop_database(NAME)


@pytest.fixture(scope="module")
async def books(postgres: Postgres, roles: tuple[Role, Role]) -> AsyncIterator[Books]:
    """The ledger, with a pool as small as in the cluster."""
    owner, app = roles
    settings = DatabaseSettings(
        host="127.0.0.1",
        port=postgres.port,
        name=NAME,
        user=app.name,
        password_file=app.password_file,
        sslmode="disable",
    )
    database = Database(settings, "0001")
    await database.open()
    yield Books(Ledger(database), postgres, owner, app)
    await database.close()
