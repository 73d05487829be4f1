"""The ledger: double entry, append-only, never overdrawn."""
