"""PostgreSQL: a small pool that outlives failovers, and transactions that are begun again when that is safe."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from psycopg import AsyncConnection, Error, InterfaceError, OperationalError
from psycopg.errors import (
    DeadlockDetected,
    LockNotAvailable,
    QueryCanceled,
    ReadOnlySqlTransaction,
    SerializationFailure,
)
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from chassis import metrics
from chassis.application import NotReady
from chassis.problems import unavailable
from chassis.settings import DatabaseSettings

Connection = AsyncConnection[DictRow]
T = TypeVar("T")

ATTEMPTS = 8
PAUSE_SECONDS = 0.05
"""Before the second attempt; doubled before each further one: together about six seconds."""
FINISH_SECONDS = 10.0
WAIT_SECONDS = 8.0
"""For a connection of the pool."""
RECONNECT_SECONDS = 5.0
"""Short: the pool's pauses between attempts double, but whoever asks for a connection later makes it try afresh."""
SESSION = "-c statement_timeout=5s -c lock_timeout=5s -c idle_in_transaction_session_timeout=10s -c timezone=UTC"

log = logging.getLogger("database")


class Database:
    """One service's database.

    :param revision: the migration that must have been applied before the service is ready
    """

    def __init__(self, settings: DatabaseSettings, revision: str) -> None:
        self.settings, self.revision = settings, revision
        self._running: set[asyncio.Task[Any]] = set()
        keywords: dict[str, Any] = {
            **settings.parameters(),
            "autocommit": True,
            "row_factory": dict_row,
            "options": SESSION,
        }
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            kwargs=keywords,
            connection_class=AsyncConnection[DictRow],
            min_size=1,
            max_size=settings.pool_size,
            timeout=WAIT_SECONDS,
            max_waiting=200,
            reconnect_timeout=RECONNECT_SECONDS,
            open=False,
        )

    async def open(self) -> None:
        """Begin to connect; returns at once."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Let transactions end, then close all connections."""
        if self._running:
            await asyncio.wait(self._running, timeout=FINISH_SECONDS)
        await self._pool.close()

    async def ready(self) -> None:
        """Raise unless the database answers and holds the schema that this program was written for.

        :raises NotReady: saying which of the two is missing
        """
        where = f"database {self.settings.name} at {self.settings.host}:{self.settings.port}"
        try:
            async with self._pool.connection(timeout=2.0) as connection:
                found = await (await connection.execute("SELECT version_num FROM alembic_version")).fetchone()
        except Error as error:
            raise NotReady(f"{where}: {type(error).__name__}") from error
        # A newer schema is fine: during a rolling update the old program runs on it too.
        if found is None or found["version_num"] < self.revision:
            raise NotReady(f"{where} lacks migration {self.revision}")

    async def wait(self) -> None:
        """Wait, for a bounded time, until the database is ready, and say so meanwhile.

        :raises NotReady: it did not become ready in time
        """
        end = asyncio.get_running_loop().time() + self.settings.wait_seconds
        while True:
            try:
                return await self.ready()
            except NotReady as error:
                if asyncio.get_running_loop().time() > end:
                    raise
                log.warning("waiting: %s", error)
            await asyncio.sleep(1.0)

    async def read(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Do something that changes nothing; each statement sees its own snapshot."""
        return await self._attempts(work, in_transaction=False, repeatable=True)

    async def transaction(self, work: Callable[[Connection], Awaitable[T]], *, repeatable: bool) -> T:
        """Do something in one transaction. It may be begun again: `work` must change nothing but the database.

        What has begun is not cancelled with the request that wanted it: a COMMIT that waits for another instance to have it
        would then count here and perhaps nowhere else, and the next reader could be told of a payment that is lost later.

        :param repeatable: whether doing it twice has the effect of doing it once (by a key, or by being written so). Only
            then is it repeated when the connection broke during COMMIT, when nobody knows whether it took effect.
        :raises Problem: 503 when the database does not answer
        """
        task = asyncio.create_task(self._attempts(work, in_transaction=True, repeatable=repeatable))
        self._running.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            # Whoever wanted it has it already, or is gone: then nobody else asks for the error.
            task.exception()

    async def _attempts(self, work: Callable[[Connection], Awaitable[T]], in_transaction: bool, repeatable: bool) -> T:
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(PAUSE_SECONDS * 2 ** (attempt - 1))
            run = _Run()
            try:
                async with self._pool.connection() as connection:
                    return await run.once(connection, work, in_transaction)
            except (PoolTimeout, PoolClosed, TooManyRequests, LockNotAvailable, QueryCanceled) as error:
                log.warning("no answer in time", extra={"fields": {"error": type(error).__name__}})
                raise unavailable("database") from error
            except Error as error:
                reason = _repeatable(error)
                if reason is None or (run.committing and reason == "connection" and not repeatable):
                    raise
                metrics.RETRIES.labels(reason).inc()
                log.info("transaction begun again", extra={"fields": {"reason": reason, "attempt": attempt + 1}})
                if reason == "connection":
                    # After a failover the other connections in the pool are as dead as this one.
                    await self._pool.check()
        raise unavailable("database")


class _Run:
    """One attempt, which knows how far it came."""

    def __init__(self) -> None:
        self.committing = False

    async def once(self, connection: Connection, work: Callable[[Connection], Awaitable[T]], in_transaction: bool) -> T:
        try:
            if not in_transaction:
                return await work(connection)
            async with connection.transaction():
                result = await work(connection)
                self.committing = True
            return result
        except ReadOnlySqlTransaction:
            # This server was the primary once; connecting anew finds the one that is.
            await connection.close()
            raise


def _repeatable(error: Error) -> str | None:
    """Why a transaction may be begun again, or None: PostgreSQL said that it rolled back, or the connection is gone."""
    if isinstance(error, SerializationFailure | DeadlockDetected):
        return "conflict"
    if isinstance(error, ReadOnlySqlTransaction):
        return "connection"
    state = error.sqlstate or ""
    # Class 08: connection exception; 57P01 to 57P03: the server is going down or coming up. No state: libpq lost it.
    if isinstance(error, OperationalError | InterfaceError) and (not state or state[:2] == "08" or state[:4] == "57P0"):
        return "connection"
    return None
