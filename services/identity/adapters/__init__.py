"""Users and keys in PostgreSQL, password hashing, token signing."""
