"""Statements, drawn up from the ledger."""
