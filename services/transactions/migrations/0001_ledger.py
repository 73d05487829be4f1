"""Accounts, transactions, postings and idempotency keys."""

from __future__ import annotations

from chassis.migrations import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply the SQL file of the same name."""
    run_sql(__file__)
