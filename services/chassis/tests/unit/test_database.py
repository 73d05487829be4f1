"""Which failures a transaction is begun again after."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from chassis.database import _repeatable


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (errors.SerializationFailure(), "conflict"),
        (errors.DeadlockDetected(), "conflict"),
        (errors.AdminShutdown(), "connection"),
        (errors.CrashShutdown(), "connection"),
        (errors.CannotConnectNow(), "connection"),
        (errors.ConnectionFailure(), "connection"),
        (errors.ReadOnlySqlTransaction(), "connection"),
        (psycopg.OperationalError("server closed the connection unexpectedly"), "connection"),
        (errors.UniqueViolation(), None),
        (errors.CheckViolation(), None),
        (errors.DiskFull(), None),
        (errors.LockNotAvailable(), None),
        (errors.InsufficientPrivilege(), None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_what_is_repeated(error: psycopg.Error, reason: str | None) -> None:
    """When PostgreSQL rolled back for no fault of ours, or the connection is gone."""
    assert _repeatable(error) == reason
