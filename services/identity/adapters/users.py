"""Users in PostgreSQL."""

from __future__ import annotations

import contextlib
from uuid import UUID, uuid4

from psycopg.errors import UniqueViolation

from chassis.database import Connection, Database
from chassis.idempotency import key_hash
from identity.adapters.passwords import Passwords
from identity.domain.users import (
    TREASURY_EMAIL,
    TREASURY_SCOPES,
    CredentialsWrong,
    EmailInvalid,
    EmailTaken,
    User,
    check_sign_up,
    normal_email,
)

COLUMNS = "id, email, name, password_hash, scopes, idempotency_key_hash"


class Users:
    """Signing up and logging in."""

    def __init__(self, database: Database, passwords: Passwords) -> None:
        self.database, self.passwords = database, passwords

    async def sign_up(self, email: str, password: str, name: str, key: str | None) -> UUID:
        """A new user's id. A request that repeats an earlier one (same key, address and password) gets the same id.

        :raises IdentityError: the sign-up is refused
        """
        email = normal_email(email)
        check_sign_up(email, password)
        hashed = key_hash(key) if key else None
        user = User(uuid4(), email, name, await self.passwords.hash(password), (), hashed)
        try:
            await self._insert(user)
        except UniqueViolation:
            found = await self._by_email(email)
            if found is not None and found.id == user.id:
                # Our own, from an attempt whose answer got lost.
                return user.id
            same = found is not None and hashed is not None and found.idempotency_key_hash == hashed
            if found is None or not same or not await self.passwords.matches(found.password_hash, password):
                raise EmailTaken("Somebody has signed up with this e-mail address") from None
            return found.id
        return user.id

    async def log_in(self, email: str, password: str) -> User:
        """The user with an address and a password.

        :raises CredentialsWrong: there is none
        """
        try:
            user = await self._by_email(normal_email(email))
        except EmailInvalid:
            user = None
        if not await self.passwords.matches(user.password_hash if user else None, password) or user is None:
            raise CredentialsWrong("The e-mail address or the password is wrong")
        return user

    async def prepare_treasury(self, password: str) -> None:
        """The bank's own user that may fund accounts; a changed secret changes the password."""
        found = await self._by_email(TREASURY_EMAIL)
        if found is None:
            user = User(uuid4(), TREASURY_EMAIL, "Treasury", await self.passwords.hash(password), TREASURY_SCOPES)
            with contextlib.suppress(UniqueViolation):
                # Another instance may be faster.
                await self._insert(user)
            found = await self._by_email(TREASURY_EMAIL)
        assert found is not None, "users are never removed"
        if not await self.passwords.matches(found.password_hash, password):
            await self._change_password(found.id, await self.passwords.hash(password))

    async def _insert(self, user: User) -> None:
        async def work(connection: Connection) -> None:
            await connection.execute(
                f"INSERT INTO users ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s)".encode(),
                (user.id, user.email, user.name, user.password_hash, list(user.scopes), user.idempotency_key_hash),
            )

        await self.database.transaction(work, repeatable=True)

    async def _by_email(self, email: str) -> User | None:
        async def work(connection: Connection) -> User | None:
            found = await connection.execute(f"SELECT {COLUMNS} FROM users WHERE email = %s".encode(), (email,))
            row = await found.fetchone()
            return User(**{**row, "scopes": tuple(row["scopes"])}) if row else None

        return await self.database.read(work)

    async def _change_password(self, user: UUID, password_hash: str) -> None:
        async def work(connection: Connection) -> None:
            await connection.execute("UPDATE users SET password_hash = %s WHERE id = %s", (password_hash, user))

        await self.database.transaction(work, repeatable=True)
