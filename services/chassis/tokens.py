"""Who is calling: access tokens of `identity`, verified by each service itself."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import jwt
from fastapi import Depends, Request

from chassis.client import Callee
from chassis.problems import Problem, unavailable

ISSUER = "https://identity.fin.platform"
AUDIENCE = "fin.platform"
ALGORITHM = "EdDSA"
FRESH_SECONDS = 300.0
STALE_SECONDS = 86_400.0
"""While identity is away, the keys last seen still serve: tokens expire by themselves."""
REFRESH_PAUSE_SECONDS = 5.0
"""A token with an unknown key id asks for new keys at most this often, however many such tokens come."""
FAILURE_PAUSE_SECONDS = 1.0
LONGEST_TOKEN = 4096
LEEWAY_SECONDS = 5

log = logging.getLogger("tokens")


@dataclass(frozen=True)
class Principal:
    """Who is calling, what they may do, and the token that says so."""

    subject: str
    scopes: frozenset[str]
    token: str

    def headers(self) -> dict[str, str]:
        """For calls in this caller's name."""
        return {"authorization": f"Bearer {self.token}"}


class KeySet:
    """The public keys of identity, fetched when needed and kept."""

    def __init__(self, identity: Callee) -> None:
        self.identity = identity
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched = self._again = float("-inf")
        self._lock = asyncio.Lock()

    async def key(self, kid: str) -> jwt.PyJWK | None:
        """The key with an id; None if identity has no such key.

        :raises Problem: 503 when identity does not answer and no keys are known
        """
        if kid not in self._keys or time.monotonic() - self._fetched > FRESH_SECONDS:
            await self._refresh(kid)
        if time.monotonic() - self._fetched > STALE_SECONDS:
            raise unavailable("identity")
        return self._keys.get(kid)

    async def _refresh(self, kid: str) -> None:
        async with self._lock:
            now = time.monotonic()
            fresh = now - self._fetched <= FRESH_SECONDS
            if (fresh and kid in self._keys) or now < self._again:
                return
            try:
                answer = await self.identity.call("GET", "/jwks")
                status = answer.status
            except Problem as problem:
                status = problem.status
            if status != 200:
                self._again = time.monotonic() + FAILURE_PAUSE_SECONDS
                fields = {"keys": len(self._keys), "status": status}
                log.warning("identity gave no keys; those seen before still serve", extra={"fields": fields})
                return
            self._keys = {entry["kid"]: jwt.PyJWK(entry, ALGORITHM) for entry in answer.json()["keys"]}
            self._fetched = time.monotonic()
            self._again = self._fetched + REFRESH_PAUSE_SECONDS


class Verifier:
    """Turns a token into a principal, or refuses it."""

    def __init__(self, keys: KeySet) -> None:
        self.keys = keys

    async def verify(self, token: str) -> Principal:
        """Check signature, algorithm, issuer, audience and times.

        :raises Problem: 401 when the token is not good, 503 when that cannot be told now
        """
        if len(token) > LONGEST_TOKEN:
            raise refused("The access token is too long")
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError:
            raise refused("The access token is malformed") from None
        kid = header.get("kid")
        if header.get("alg") != ALGORITHM or not isinstance(kid, str):
            raise refused("The access token is not signed as ours are")
        key = await self.keys.key(kid)
        if key is None:
            raise refused("The access token is signed with an unknown key")
        return _principal(token, _claims(token, key))


def _claims(token: str, key: jwt.PyJWK) -> dict[str, Any]:
    try:
        return jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            leeway=LEEWAY_SECONDS,
            options={"require": ["aud", "exp", "iat", "iss", "sub"]},
        )
    except jwt.ExpiredSignatureError:
        raise refused("The access token has expired") from None
    except jwt.InvalidTokenError:
        raise refused("The access token is not valid") from None


def _principal(token: str, claims: dict[str, Any]) -> Principal:
    return Principal(str(claims["sub"]), frozenset(str(claims.get("scope", "")).split()), token)


def refused(why: str) -> Problem:
    """401, as RFC 6750 wants it."""
    return Problem(401, "not-authenticated", why, {"WWW-Authenticate": "Bearer"})


async def authenticate(request: Request) -> Principal:
    """The caller of a request, by its Authorization header.

    :raises Problem: 401 without a good token
    """
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise refused("An access token is needed")
    verifier: Verifier = request.app.state.verifier
    return await verifier.verify(token.strip())


Caller = Annotated[Principal, Depends(authenticate)]
"""Parameter of an endpoint that only those who have logged in may call."""


async def authenticated_user(caller: Caller) -> UUID:
    """The id of the user who is calling.

    :raises Problem: 403 when it is something else
    """
    try:
        return UUID(caller.subject)
    except ValueError:
        raise Problem(403, "not-allowed", "The access token's subject is not a user") from None


User = Annotated[UUID, Depends(authenticated_user)]
"""Parameter of an endpoint that only people may call: who they are."""


def require(principal: Principal, scope: str) -> None:
    """Refuse a caller without a scope.

    :raises Problem: 403
    """
    if scope not in principal.scopes:
        raise Problem(403, "not-allowed", f"This needs scope {scope}")
