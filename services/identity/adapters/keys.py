"""The key that signs tokens: Ed25519, kept in the database sealed under a secret that the database never sees."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import jwt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from jwt.algorithms import OKPAlgorithm
from psycopg.types.json import Jsonb

from chassis.database import Connection, Database
from chassis.settings import SettingsInvalid
from chassis.tokens import ALGORITHM, AUDIENCE, ISSUER
from identity.domain.users import User

TOKEN_SECONDS = 900
NONCE_BYTES = 12
KEY_BYTES = 32


@dataclass(frozen=True)
class SigningKey:
    """A key pair and its id."""

    kid: str
    private: Ed25519PrivateKey

    def public_jwk(self) -> dict[str, Any]:
        """What others verify with (RFC 7517, RFC 8037)."""
        found: dict[str, Any] = OKPAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**found, "kid": self.kid, "use": "sig", "alg": ALGORITHM}


class Sealer:
    """Encrypts private keys for the database.

    :param secret: base64url text of 32 bytes
    :raises SettingsInvalid: it is something else
    """

    def __init__(self, secret: str) -> None:
        try:
            key = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
        except (ValueError, binascii.Error):
            key = b""
        if len(key) != KEY_BYTES or len(set(key)) < 8:
            raise SettingsInvalid("secret token_key_encryption must be 32 random bytes in base64url")
        self._cipher = AESGCM(key)

    def seal(self, key: SigningKey) -> bytes:
        """Nonce and ciphertext, bound to the key's id."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key.private.private_bytes_raw(), key.kid.encode())

    def unseal(self, kid: str, sealed: bytes) -> SigningKey:
        """The key again.

        :raises SettingsInvalid: it was sealed under another secret, or changed
        """
        try:
            raw = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], kid.encode())
        except InvalidTag:
            raise SettingsInvalid(
                f"signing key {kid} in the database was not sealed under this secret token_key_encryption; restore the secret"
            ) from None
        return SigningKey(kid, Ed25519PrivateKey.from_private_bytes(raw))


class Keys:
    """The signing keys in the database."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self.database, self.sealer = database, sealer
        self._active: SigningKey | None = None

    async def prepare(self) -> None:
        """Load the key that signs, or make the first one; of several that start at once, one makes it."""

        async def work(connection: Connection) -> SigningKey:
            fresh = SigningKey(secrets.token_hex(8), Ed25519PrivateKey.generate())
            sql = (
                "INSERT INTO signing_keys (kid, public_jwk, private_key_sealed) VALUES (%s, %s, %s)"
                " ON CONFLICT ((true)) WHERE retired_at IS NULL DO NOTHING"
            )
            await connection.execute(sql, (fresh.kid, Jsonb(fresh.public_jwk()), self.sealer.seal(fresh)))
            sql = "SELECT kid, private_key_sealed FROM signing_keys WHERE retired_at IS NULL"
            row = await (await connection.execute(sql)).fetchone()
            assert row is not None, "one was there, or has just been made"
            return self.sealer.unseal(row["kid"], row["private_key_sealed"])

        self._active = await self.database.transaction(work, repeatable=True)

    async def published(self) -> list[dict[str, Any]]:
        """All public keys by which a token that still lives may be signed."""

        async def work(connection: Connection) -> list[dict[str, Any]]:
            sql = (
                "SELECT public_jwk FROM signing_keys"
                " WHERE retired_at IS NULL OR retired_at > now() - interval '1 hour' ORDER BY created_at"
            )
            return [row["public_jwk"] for row in await (await connection.execute(sql)).fetchall()]

        return await self.database.read(work)

    def sign(self, user: User) -> str:
        """An access token (RFC 9068) for a user."""
        assert self._active is not None, "the service is not ready before a key is"
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user.id),
            "scope": " ".join(user.scopes),
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "jti": uuid4().hex,
        }
        headers = {"kid": self._active.kid, "typ": "at+jwt"}
        return jwt.encode(claims, self._active.private, ALGORITHM, headers=headers)
