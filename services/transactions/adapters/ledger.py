"""The ledger in PostgreSQL. Its rules are the database's own: see migrations/0001_ledger.sql."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.errors import CheckViolation, ForeignKeyViolation

from chassis.database import Connection, Database
from chassis.idempotency import KeyReused, key_hash
from transactions.domain.ledger import (
    Account,
    AccountDiffers,
    AccountUnknown,
    CurrencyUnknown,
    InsufficientFunds,
    Order,
    Posted,
    Transaction,
    make_transaction,
)


@dataclass(frozen=True)
class Line:
    """One posting of an account, with what the account held after it."""

    posting_id: int
    transaction_id: UUID
    seq: int
    amount: int
    balance: int
    created_at: datetime
    kind: str
    reference: str | None


@dataclass(frozen=True)
class Balance:
    """What an account holds, in minor units, after its posting number `last_seq`."""

    account_id: UUID
    currency: str
    balance: int
    last_seq: int


class Ledger:
    """Everything that this service asks of its database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def open_account(self, account: Account) -> None:
        """Let the ledger know an account; again has no effect.

        :raises AccountDiffers: it is known with another owner or currency
        :raises CurrencyUnknown: no accounts are kept in its currency
        """

        async def work(connection: Connection) -> None:
            sql = "INSERT INTO accounts (id, owner, currency) VALUES (%s, %s, %s) ON CONFLICT (id) DO NOTHING"
            try:
                await connection.execute(sql, (account.id, account.owner, account.currency))
            except ForeignKeyViolation:
                raise CurrencyUnknown("No accounts are kept in this currency") from None
            if (await _accounts(connection, [account.id])).get(account.id) != account:
                raise AccountDiffers("An account with this id exists, and differs")

        await self.database.transaction(work, repeatable=True)

    async def external_account(self, currency: str) -> UUID:
        """The bank's own account from which deposits in a currency come.

        :raises CurrencyUnknown: there is none
        """
        sql = "SELECT id FROM accounts WHERE owner IS NULL AND id = md5('external:' || %s::text)::uuid"
        row = await self._row(sql, (currency,))
        if row is None:
            raise CurrencyUnknown("No accounts are kept in this currency")
        return UUID(str(row["id"]))

    async def execute(self, order: Order, key: str, request_hash: bytes) -> Posted:
        """Post what an order asks for, once for each key. Refusals use no key up: they had no effect.

        :raises KeyReused: the key stands for another request
        :raises LedgerError: the order is refused
        """
        transaction_id = uuid4()

        async def work(connection: Connection) -> Posted:
            first = await _claim(connection, order.ordered_by, key_hash(key), request_hash, transaction_id)
            if first is not None:
                return await _posted(connection, first)
            accounts = await _accounts(connection, [order.source, order.target])
            created_at = await _post(connection, make_transaction(order, transaction_id, accounts))
            return Posted(
                id=transaction_id,
                kind=order.kind,
                source=order.source,
                target=order.target,
                amount=order.amount,
                currency=order.currency,
                reference=order.reference,
                created_at=created_at,
            )

        return await self.database.transaction(work, repeatable=True)

    async def balance(self, account_id: UUID, owner: UUID) -> Balance:
        """What an account holds now.

        :raises AccountUnknown: the owner has no such account
        """
        sql = "SELECT id, currency, balance, last_seq FROM accounts WHERE id = %s AND owner = %s"
        row = await self._row(sql, (account_id, owner))
        if row is None:
            raise AccountUnknown("The account does not exist")
        return Balance(row["id"], row["currency"], row["balance"], row["last_seq"])

    async def lines(self, account_id: UUID, after: int, limit: int) -> list[Line]:
        """The postings of an account that follow number `after`, oldest first."""

        async def work(connection: Connection) -> list[Line]:
            sql = (
                "SELECT p.id AS posting_id, p.transaction_id, p.seq, p.amount, p.balance, p.created_at, t.kind, t.reference"
                " FROM postings p JOIN transactions t ON t.id = p.transaction_id"
                " WHERE p.account_id = %s AND p.seq > %s ORDER BY p.seq LIMIT %s"
            )
            found = await connection.execute(sql, (account_id, after, limit))
            return [Line(**row) for row in await found.fetchall()]

        return await self.database.read(work)

    async def _row(self, sql: str, values: tuple[Any, ...]) -> dict[str, Any] | None:
        async def work(connection: Connection) -> dict[str, Any] | None:
            return await (await connection.execute(sql.encode(), values)).fetchone()

        return await self.database.read(work)


async def _claim(
    connection: Connection, subject: UUID, key: bytes, request_hash: bytes, transaction_id: UUID
) -> UUID | None:
    """Take a key for a transaction; the transaction that has it already, if there is one.

    A concurrent request with the same key waits here until this one has committed or rolled back.
    """
    sql = (
        "INSERT INTO idempotency_keys (subject, key_hash, request_hash, transaction_id) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING"
    )
    if (await connection.execute(sql, (subject, key, request_hash, transaction_id))).rowcount:
        return None
    sql = "SELECT request_hash, transaction_id FROM idempotency_keys WHERE subject = %s AND key_hash = %s"
    row = await (await connection.execute(sql, (subject, key))).fetchone()
    assert row is not None, "a key that conflicts has been committed, and keys are never removed"
    if row["request_hash"] != request_hash:
        raise KeyReused("This Idempotency-Key was used for another request")
    return UUID(str(row["transaction_id"]))


async def _accounts(connection: Connection, ids: list[UUID]) -> dict[UUID, Account]:
    found = await connection.execute("SELECT id, owner, currency FROM accounts WHERE id = ANY(%s)", (ids,))
    return {row["id"]: Account(**row) for row in await found.fetchall()}


async def _post(connection: Connection, transaction: Transaction) -> datetime:
    """Write a transaction and its postings, in their order, with one statement; the time is PostgreSQL's.

    :raises InsufficientFunds: an account would be overdrawn
    """
    sql = (
        "WITH posted AS (INSERT INTO transactions (id, kind, reference, created_by)"
        " VALUES (%(id)s, %(kind)s, %(reference)s, %(by)s) RETURNING created_at),"
        " lines AS (INSERT INTO postings (transaction_id, account_id, amount, currency)"
        " SELECT %(id)s, * FROM unnest(%(accounts)s::uuid[], %(amounts)s::bigint[], %(currencies)s::text[]))"
        " SELECT created_at FROM posted"
    )
    values = {
        "id": transaction.id,
        "kind": transaction.kind,
        "reference": transaction.reference,
        "by": transaction.created_by,
        "accounts": [posting.account_id for posting in transaction.postings],
        "amounts": [posting.amount for posting in transaction.postings],
        "currencies": [posting.currency for posting in transaction.postings],
    }
    try:
        row = await (await connection.execute(sql, values)).fetchone()
    except CheckViolation as error:
        if error.diag.constraint_name == "sufficient_funds":
            raise InsufficientFunds("The account holds less than this amount") from None
        raise
    assert row is not None, "what was inserted is returned"
    created_at: datetime = row["created_at"]
    return created_at


async def _posted(connection: Connection, transaction_id: UUID) -> Posted:
    sql = (
        "SELECT t.id, t.kind, t.reference, t.created_at, d.account_id AS source, c.account_id AS target, c.amount,"
        " c.currency FROM transactions t"
        " JOIN postings d ON d.transaction_id = t.id AND d.amount < 0"
        " JOIN postings c ON c.transaction_id = t.id AND c.amount > 0"
        " WHERE t.id = %s"
    )
    row = await (await connection.execute(sql, (transaction_id,))).fetchone()
    assert row is not None, "a transaction that a key names has been committed with it"
    return Posted(**row)
