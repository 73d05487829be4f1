"""Argon2id, a bounded number at a time: each hash takes memory on purpose."""

from __future__ import annotations

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from identity.domain.users import Busy

T = TypeVar("T")

CONCURRENT = 2
MOST_WAITING = 50
# OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, 2 passes, 1 lane.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class Passwords:
    """Hashes and checks passwords beside the event loop."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(CONCURRENT, "argon2")
        self._waiting = 0
        # Checked when there is no such user, so that this takes as long as when there is.
        self._nobody = HASHER.hash(secrets.token_urlsafe(32))

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """What is kept of a password.

        :raises Busy: too many are waiting
        """
        return await self._run(partial(HASHER.hash, password))

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether a password is the one; takes its time without a hash too.

        :raises Busy: too many are waiting
        """
        return await self._run(partial(_matches, password_hash or self._nobody, password)) and password_hash is not None

    async def _run(self, work: partial[T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise Busy("Too many are logging in at once; try again")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def _matches(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
