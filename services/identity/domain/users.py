"""Users, and what their e-mail addresses and passwords must be like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

TREASURY_EMAIL = "treasury@platform.internal"
TREASURY_SCOPES = ("ledger:fund",)
RESERVED_DOMAIN = "platform.internal"
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 128
EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
COMMON = ("password", "123456789", "qwertyuiop", "letmein")


class IdentityError(Exception):
    """A sign-up or log-in is refused; the text says why."""


class EmailInvalid(IdentityError):
    """It is not an address, or one that nobody may sign up with."""


class EmailTaken(IdentityError):
    """Somebody has signed up with it."""


class PasswordUnfit(IdentityError):
    """The password is too easily guessed."""


class CredentialsWrong(IdentityError):
    """There is no user with this address and password: which of the two is wrong is not told."""


class Busy(IdentityError):
    """Too many passwords are being checked."""


@dataclass(frozen=True)
class User:
    """Somebody who can log in."""

    id: UUID
    email: str
    name: str
    password_hash: str
    scopes: tuple[str, ...]
    idempotency_key_hash: bytes | None = None


def normal_email(text: str) -> str:
    """An e-mail address as it is kept: in lower case.

    :raises EmailInvalid: it is not one
    """
    email = text.strip().lower()
    if len(email) > 254 or not EMAIL.fullmatch(email):
        raise EmailInvalid("This is not an e-mail address")
    return email


def check_sign_up(email: str, password: str) -> None:
    """Whether somebody may sign up so.

    :raises EmailInvalid: the address belongs to the bank itself
    :raises PasswordUnfit: the password is too easily guessed
    """
    if email.endswith("@" + RESERVED_DOMAIN):
        raise EmailInvalid("Nobody can sign up with an address of this domain")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise PasswordUnfit(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    lower = password.lower()
    if len(set(password)) < 6 or email.partition("@")[0] in lower or any(lower.startswith(word) for word in COMMON):
        raise PasswordUnfit("This password is too easily guessed")
