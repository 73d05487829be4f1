"""Migrations: plain SQL files in order, applied by Alembic in one transaction, forward only.

A service's folder `migrations/` holds `<number>_<name>.py` with the revision's ids and `<number>_<name>.sql` with its
text, in which `@app@` stands for the runtime role. They run as the owner of the database, before the service starts.
"""

from __future__ import annotations

import importlib
import logging
import time
from pathlib import Path
from typing import Any

import psycopg

from chassis.settings import DatabaseSettings, SettingsInvalid, read

LOCK = 7_312_009
"""Of pg_advisory_xact_lock: several pods start at once, one migrates."""
LOCK_TIMEOUT = "5s"
"""A migration gives way to payments rather than make them queue behind it; it is tried again by the next start."""
PAUSE_SECONDS = 2.0

log = logging.getLogger("migrations")


class RoleMissing(Exception):
    """The runtime role, to which migrations grant what it needs, has not been created yet."""


def folder(service: str) -> Path:
    """Where a service keeps its migrations."""
    return Path(importlib.import_module(service).__path__[0]) / "migrations"


def newest(service: str) -> str:
    """The revision of a service's last migration; they are numbered, so that later ones compare as greater."""
    return max(path.name.split("_")[0] for path in folder(service).glob("[0-9]*_*.py"))


def migrate(service: str) -> int:
    """Bring the database to the newest revision.

    :returns: the exit code
    :raises SettingsInvalid: a setting is missing or wrong
    """
    settings = read(DatabaseSettings)
    if settings.user.endswith("_app"):
        raise SettingsInvalid(f"DATABASE_USER is {settings.user}: migrations run as the owner, not as the runtime role")
    parameters: dict[str, Any] = {**settings.parameters()}
    end = time.monotonic() + settings.wait_seconds
    while True:
        try:
            with psycopg.connect(**parameters) as connection:
                _require_role(connection, app_role(settings))
                before, after = upgrade(folder(service), connection, app_role(settings))
            log.info("migrated", extra={"fields": {"database": settings.name, "from": before, "to": after}})
            return 0
        except (psycopg.OperationalError, psycopg.errors.LockNotAvailable, RoleMissing) as error:
            reason = str(error) if isinstance(error, RoleMissing) else type(error).__name__
            where = f"database {settings.name} at {settings.host}:{settings.port}"
            if time.monotonic() > end:
                log.exception("giving up on %s after %.0f s: %s", where, settings.wait_seconds, reason)
                return 1
            log.warning("waiting for %s: %s", where, reason)
            time.sleep(PAUSE_SECONDS)
        except psycopg.Error as error:
            log.exception("migration of %s failed: %s", settings.name, error.diag.message_primary)
            return 1


def app_role(settings: DatabaseSettings) -> str:
    """The role as which the service itself logs in."""
    return f"{settings.name}_app"


def upgrade(directory: Path, connection: psycopg.Connection[Any], role: str) -> tuple[str | None, str | None]:
    """Apply what is missing, all or nothing.

    :returns: the revision before and after
    :raises psycopg.Error: PostgreSQL refused; nothing was applied
    """
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import StaticPool

    script = ScriptDirectory(str(directory), version_locations=[str(directory)])
    engine = create_engine("postgresql+psycopg://", creator=lambda: connection, poolclass=StaticPool)
    config = Config(attributes={"role": role})
    reached: list[tuple[str | None, str | None]] = []

    def plan(current: Any, _context: Any) -> Any:
        before = current[0] if current else None
        reached.append((before, script.get_current_head()))
        return script._upgrade_revs("head", before)  # type: ignore[arg-type]

    try:
        with engine.connect() as bound, EnvironmentContext(config, script, fn=plan) as environment:
            bound.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            bound.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            environment.configure(connection=bound)
            environment.run_migrations()
            bound.exec_driver_sql(f'GRANT SELECT ON alembic_version TO "{role}"')
            bound.commit()
    except DBAPIError as error:
        raise error.orig or error from None
    return reached[0]


def run_sql(migration: str) -> None:
    """Run the SQL file beside a migration: called by its `upgrade` with `__file__`."""
    from alembic import context, op

    text = Path(migration).with_suffix(".sql").read_text(encoding="utf-8")
    role = context.config.attributes["role"]
    bound = op.get_bind().execution_options(no_parameters=True)
    bound.exec_driver_sql(text.replace("@app@", f'"{role}"'))


def _require_role(connection: psycopg.Connection[Any], role: str) -> None:
    if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is None:
        raise RoleMissing(f"role {role} does not exist yet; whoever manages the database must create it")
