"""Accounts in PostgreSQL."""

from __future__ import annotations

from uuid import UUID, uuid4

from accounts.domain.accounts import Account, AccountUnknown, check_opening
from chassis.database import Connection, Database
from chassis.idempotency import KeyReused

COLUMNS = "id, owner, currency, name, status, created_at"


class Store:
    """Everything that this service asks of its database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def create(self, owner: UUID, currency: str, name: str, key: bytes | None, request: bytes | None) -> Account:
        """A new account that the ledger does not know yet; with a key that was used before, the account of that time.

        :raises AccountError: it may not be opened
        :raises KeyReused: the key stands for another request
        """
        new = uuid4()

        async def work(connection: Connection) -> Account:
            count = "SELECT count(*) AS existing FROM accounts WHERE owner = %s AND key_hash IS DISTINCT FROM %s"
            row = await (await connection.execute(count, (owner, key))).fetchone()
            check_opening(currency, row["existing"] if row else 0)
            insert = (
                "INSERT INTO accounts (id, owner, currency, name, key_hash, request_hash)"
                " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
            )
            await connection.execute(insert, (new, owner, currency, name, key, request))
            # The id too: without a key, and when a commit that got lost had worked.
            select = f"SELECT {COLUMNS}, request_hash FROM accounts WHERE owner = %s AND (id = %s OR key_hash = %s)"
            found = await (await connection.execute(select.encode(), (owner, new, key))).fetchone()
            assert found is not None, "it was there, or has just been made"
            if found.pop("request_hash") != request:
                raise KeyReused("This Idempotency-Key was used for another request")
            return Account(**found)

        return await self.database.transaction(work, repeatable=True)

    async def mark_open(self, account_id: UUID) -> None:
        """The ledger knows it."""

        async def work(connection: Connection) -> None:
            await connection.execute("UPDATE accounts SET status = 'open' WHERE id = %s", (account_id,))

        await self.database.transaction(work, repeatable=True)

    async def one(self, account_id: UUID, owner: UUID) -> Account:
        """An owner's account.

        :raises AccountUnknown: the owner has no such account
        """

        async def work(connection: Connection) -> Account | None:
            sql = f"SELECT {COLUMNS} FROM accounts WHERE id = %s AND owner = %s"
            row = await (await connection.execute(sql.encode(), (account_id, owner))).fetchone()
            return Account(**row) if row else None

        found = await self.database.read(work)
        if found is None:
            raise AccountUnknown("The account does not exist")
        return found

    async def all(self, owner: UUID) -> list[Account]:
        """An owner's accounts, oldest first."""

        async def work(connection: Connection) -> list[Account]:
            sql = f"SELECT {COLUMNS} FROM accounts WHERE owner = %s ORDER BY created_at, id"
            return [Account(**row) for row in await (await connection.execute(sql.encode(), (owner,))).fetchall()]

        return await self.database.read(work)
