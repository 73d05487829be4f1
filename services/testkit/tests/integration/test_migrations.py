"""Migrations: by several pods at once, before their role exists, all or nothing."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from chassis.migrations import upgrade
from testkit.postgres import Postgres, Role
from testkit.stack import migrate


def test_several_pods_migrate_at_once(postgres: Postgres) -> None:
    """One does it, the others find it done."""
    owner, app = postgres.create_database("crowd")
    with ThreadPoolExecutor(3) as pool:
        logs = list(pool.map(lambda _: migrate("transactions", postgres.settings("crowd", owner)), range(3)))
    assert sorted('"from": null' in log for log in logs) == [False, False, True]
    with postgres.connect("crowd", app.name, app.password) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    postgres.drop_database("crowd")


def test_migration_waits_for_the_runtime_role(postgres: Postgres) -> None:
    """The operator makes roles in its own time."""
    owner, app = postgres.create_database("early")
    with postgres.connect("postgres") as connection:
        connection.execute(f"DROP ROLE {app.name}".encode())

    def later() -> None:
        time.sleep(3)
        with postgres.connect("postgres") as other:
            other.execute(f"CREATE ROLE {app.name} LOGIN".encode())

    thread = threading.Thread(target=later)
    thread.start()
    assert "role early_app does not exist yet" in migrate("accounts", postgres.settings("early", owner))
    thread.join()
    postgres.drop_database("early")


def test_migration_gives_way_to_payments(postgres: Postgres) -> None:
    """It does not wait long for a lock, which others would queue behind, but tries again."""
    owner, _app = postgres.create_database("patient")
    migrate("accounts", postgres.settings("patient", owner))
    held = threading.Event()

    def hold() -> None:
        with postgres.connect("patient") as other, other.transaction():
            other.execute("LOCK TABLE alembic_version")
            held.set()
            time.sleep(6)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    assert "LockNotAvailable" in migrate("accounts", postgres.settings("patient", owner))
    thread.join()
    postgres.drop_database("patient")


def test_migration_is_all_or_nothing(postgres: Postgres, tmp_path: Path) -> None:
    """What a failing one had done is gone."""
    _owner, app = postgres.create_database("broken")
    text = "from chassis.migrations import run_sql\nrevision, down_revision = '0001', None\n"
    (tmp_path / "0001_broken.py").write_text(text + "def upgrade():\n    run_sql(__file__)\n", encoding="utf-8")
    (tmp_path / "0001_broken.sql").write_text("CREATE TABLE first (); SELECT no_such_column;", encoding="utf-8")
    with postgres.connect("broken") as connection:
        connection.autocommit = False
        with pytest.raises(psycopg.errors.UndefinedColumn):
            upgrade(tmp_path, connection, app.name)
    with postgres.connect("broken") as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    postgres.drop_database("broken")


def test_migration_gives_up_in_time_and_says_why(postgres: Postgres) -> None:
    """A wrong password is not waited for for ever, nor told."""
    owner, _app = postgres.create_database("wrong")
    other = postgres.directory / "other.password"
    other.write_text("not-the-password-of-anybody", encoding="utf-8")
    settings = {**postgres.settings("wrong", Role(owner.name, other)), "DATABASE_WAIT_SECONDS": "1"}
    with pytest.raises(RuntimeError, match="giving up on database wrong") as refused:
        migrate("accounts", settings)
    assert "not-the-password" not in str(refused.value)
    postgres.drop_database("wrong")
