"""The pool and its transactions on a real PostgreSQL that goes away and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from chassis import database as module
from chassis.application import NotReady
from chassis.database import Connection, Database
from chassis.problems import Problem
from chassis.settings import DatabaseSettings
from testkit.postgres import Postgres, Role

NAME = "chassis_tests"
KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"


@pytest.fixture(scope="module")
def app(postgres: Postgres) -> Iterator[Role]:
    """The runtime role of a database with one table."""
    _owner, role = postgres.create_database(NAME)
    with postgres.connect(NAME) as connection:
        connection.execute("CREATE TABLE notes (id uuid PRIMARY KEY, number int NOT NULL DEFAULT 0)")
        connection.execute("CREATE TABLE alembic_version (version_num text)")
        connection.execute("INSERT INTO alembic_version VALUES ('0003')")
        connection.execute(f"GRANT SELECT, INSERT, UPDATE ON notes, alembic_version TO {role.name}".encode())
    yield role
    postgres.drop_database(NAME)


@asynccontextmanager
async def opened(postgres: Postgres, app: Role, revision: str = "0003") -> AsyncIterator[Database]:
    """The database as a service has it."""
    settings = DatabaseSettings(
        host="127.0.0.1",
        port=postgres.port,
        name=NAME,
        user=app.name,
        password_file=app.password_file,
        sslmode="disable",
        wait_seconds=1,
    )
    database = Database(settings, revision)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def note(connection: Connection, id: object) -> None:
    """Write something down."""
    await connection.execute("INSERT INTO notes (id) VALUES (%s) ON CONFLICT DO NOTHING", (id,))


def written(postgres: Postgres, id: object) -> bool:
    """Whether it was kept."""
    with postgres.connect(NAME) as connection:
        return connection.execute("SELECT FROM notes WHERE id = %s", (id,)).fetchone() is not None


async def test_lost_connections_are_replaced(postgres: Postgres, app: Role) -> None:
    """All that the pool had are dead, as after a failover; nobody notices."""
    async with opened(postgres, app) as database:
        await asyncio.gather(*(database.read(lambda connection: connection.execute("SELECT 1")) for _ in range(8)))
        with postgres.connect("postgres") as connection:
            connection.execute(KILL, (NAME,))
        ids = [uuid4() for _ in range(8)]
        await asyncio.gather(
            *(database.transaction(lambda c, id=id: note(c, id), repeatable=True) for id in ids)  # type: ignore[misc]
        )
        assert all(written(postgres, id) for id in ids)


async def test_transaction_that_loses_its_connection_is_begun_again(postgres: Postgres, app: Role) -> None:
    """In the middle; what it had done was rolled back with it."""
    first, attempts = uuid4(), 0

    async def work(connection: Connection) -> int:
        nonlocal attempts
        attempts += 1
        await note(connection, first if attempts == 1 else uuid4())
        if attempts == 1:
            with postgres.connect("postgres") as other:
                other.execute(KILL, (NAME,))
            await connection.execute("SELECT 1")
        return attempts

    async with opened(postgres, app) as database:
        assert await database.transaction(work, repeatable=False) == 2
    assert not written(postgres, first)


@pytest.mark.parametrize("repeatable", [True, False])
async def test_lost_commit(postgres: Postgres, app: Role, repeatable: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """When nobody knows whether it took effect, only what may be done twice is."""
    attempts = 0

    async def work(_connection: Connection) -> None:
        nonlocal attempts
        attempts += 1

    real = module._Run.once

    async def lost(self: module._Run, connection: Connection, *rest: object) -> object:
        found: object = await real(self, connection, *rest)  # type: ignore[arg-type]
        if attempts == 1:
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        return found

    monkeypatch.setattr(module._Run, "once", lost)
    async with opened(postgres, app) as database:
        if repeatable:
            await database.transaction(work, repeatable=True)
        else:
            with pytest.raises(psycopg.OperationalError):
                await database.transaction(work, repeatable=False)
    assert attempts == (2 if repeatable else 1)


async def test_transaction_outlives_the_request_that_wanted_it(postgres: Postgres, app: Role) -> None:
    """A COMMIT that is cancelled while it waits for a replica would count on one instance only."""
    id = uuid4()

    async def work(connection: Connection) -> None:
        await note(connection, id)
        await connection.execute("SELECT pg_sleep(0.5)")

    async with opened(postgres, app) as database:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await database.transaction(work, repeatable=True)
        assert not written(postgres, id)
    assert written(postgres, id)


async def test_waiting_for_a_lock_ends(postgres: Postgres, app: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told as a problem that is worth trying again."""
    monkeypatch.setattr(module, "SESSION", "-c lock_timeout=200ms")
    id = uuid4()
    async with opened(postgres, app) as database:
        await database.transaction(lambda c: note(c, id), repeatable=True)
        with postgres.connect(NAME) as other, other.transaction():
            other.execute("SELECT FROM notes WHERE id = %s FOR UPDATE", (id,))
            update = "UPDATE notes SET number = 1 WHERE id = %s"
            with pytest.raises(Problem) as refused:
                await database.transaction(lambda c: c.execute(update, (id,)), repeatable=True)
        assert refused.value.status == 503


async def test_conflicts_are_begun_again(postgres: Postgres, app: Role) -> None:
    """Two transactions in a circle: PostgreSQL ends one, which then succeeds."""
    one, two = uuid4(), uuid4()
    async with opened(postgres, app) as database:
        for id in (one, two):
            await database.transaction(lambda c, id=id: note(c, id), repeatable=True)  # type: ignore[misc]

        async def add(connection: Connection, first: object, second: object) -> None:
            for id in (first, second):
                await connection.execute("UPDATE notes SET number = number + 1 WHERE id = %s", (id,))
                await asyncio.sleep(0.2)

        await asyncio.gather(
            database.transaction(lambda c: add(c, one, two), repeatable=False),
            database.transaction(lambda c: add(c, two, one), repeatable=False),
        )
    with postgres.connect(NAME) as connection:
        found = connection.execute("SELECT number FROM notes WHERE id = ANY(%s)", ([one, two],)).fetchall()
    assert found == [(2,), (2,)]


async def test_own_mistakes_are_not_repeated(postgres: Postgres, app: Role) -> None:
    """A refused statement would be refused again."""
    attempts = 0

    async def work(connection: Connection) -> None:
        nonlocal attempts
        attempts += 1
        await connection.execute("DELETE FROM notes")

    async with opened(postgres, app) as database:
        with pytest.raises(errors.InsufficientPrivilege):
            await database.transaction(work, repeatable=True)
    assert attempts == 1


async def test_long_absence_ends_by_itself(postgres: Postgres, app: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the pool has given up connecting, the next one who asks makes it try again."""
    monkeypatch.setattr(module, "RECONNECT_SECONDS", 0.5)
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.5)
    async with opened(postgres, app) as database:
        await database.ready()
        with postgres.connect("postgres") as connection:
            connection.execute(f"ALTER DATABASE {NAME} ALLOW_CONNECTIONS false".encode())
            connection.execute(KILL, (NAME,))
            with pytest.raises(Problem) as refused:
                await database.read(lambda c: c.execute("SELECT 1"))
            assert refused.value.status == 503
            await asyncio.sleep(3)
            with pytest.raises(NotReady):
                await database.wait()
            connection.execute(f"ALTER DATABASE {NAME} ALLOW_CONNECTIONS true".encode())
        began = asyncio.get_running_loop().time()
        while True:
            try:
                await database.read(lambda c: c.execute("SELECT 1"))
                break
            except Problem:
                assert asyncio.get_running_loop().time() - began < 5


@pytest.mark.parametrize(("revision", "ready"), [("0002", True), ("0003", True), ("0004", False)])
async def test_ready_needs_its_own_migration_or_a_later_one(
    postgres: Postgres, app: Role, revision: str, ready: bool
) -> None:
    """During a rolling update the old program runs on the new schema."""
    async with opened(postgres, app, revision) as database:
        if ready:
            await database.ready()
        else:
            with pytest.raises(NotReady, match="lacks migration 0004"):
                await database.ready()
