"""Migrations: by several pods at once, before their role exists, all or nothing."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

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
