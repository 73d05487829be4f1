"""Accounts in PostgreSQL, and in the ledger."""
