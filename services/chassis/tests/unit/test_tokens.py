"""Tokens are believed only when identity signed them for us, and identity is not asked more than it must be."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from chassis import tokens
from chassis.client import Answer, Callee
from chassis.problems import Problem
from chassis.tokens import AUDIENCE, ISSUER, KeySet, Verifier
from testkit.fakes import FakeTransport, Sent, answer

KEY = Ed25519PrivateKey.generate()
SUBJECT = "2b1c7c0e-6f5d-4a55-9d61-0d0c7d4c2f11"


class Identity:
    """What identity would answer, and how often it was asked."""

    def __init__(self) -> None:
        self.keys = {"one": KEY}
        self.asked = 0
        self.away = False

    def answer(self, _request: Sent) -> Answer:
        self.asked += 1
        if self.away:
            return answer(503)
        public = {kid: OKPAlgorithm.to_jwk(key.public_key(), as_dict=True) for kid, key in self.keys.items()}
        return answer(200, {"keys": [{**jwk, "kid": kid} for kid, jwk in public.items()]})

    def verifier(self) -> Verifier:
        return Verifier(KeySet(Callee(FakeTransport(self.answer), "identity", "http://identity")))


def token(key: Any = KEY, algorithm: str = "EdDSA", kid: str = "one", **changes: Any) -> str:
    """A good token, but for the changes; a claim changed to None is left out."""
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": SUBJECT, "iat": now, "exp": now + 60, "scope": "a b", **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key, algorithm, headers={"kid": kid})


async def test_good_token() -> None:
    """Says who is calling and what they may do; identity is asked once for many tokens."""
    identity = Identity()
    verifier = identity.verifier()
    found = await asyncio.gather(*(verifier.verify(token()) for _ in range(20)))
    assert {principal.subject for principal in found} == {SUBJECT}
    assert found[0].scopes == {"a", "b"}
    assert identity.asked == 1


BAD = {
    "another key": lambda: token(Ed25519PrivateKey.generate()),
    "another algorithm": lambda: token("a-shared-secret-of-at-least-32-bytes", "HS256"),
    "no signature": lambda: token("", "none"),
    "expired": lambda: token(exp=int(time.time()) - 60),
    "from the future": lambda: token(iat=int(time.time()) + 600),
    "another audience": lambda: token(aud="somebody"),
    "another issuer": lambda: token(iss="https://evil.example"),
    "no expiry": lambda: token(exp=None),
    "no subject": lambda: token(sub=None),
    "no audience": lambda: token(aud=None),
    "changed": lambda: token()[:-6] + "AAAAAA",
    "not a token": lambda: "x.y.z",
    "endless": lambda: "x" * 5000,
}


@pytest.mark.parametrize("make", BAD.values(), ids=BAD.keys())
async def test_bad_token(make: Any) -> None:
    """All the same to the caller: 401."""
    with pytest.raises(Problem) as refused:
        await Identity().verifier().verify(make())
    assert refused.value.status == 401
    assert refused.value.headers == {"WWW-Authenticate": "Bearer"}


async def test_new_key_is_fetched_and_unknown_ones_do_not_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a rotation the next token works; a thousand invented key ids ask identity once."""
    identity = Identity()
    verifier = identity.verifier()
    await verifier.verify(token())
    monkeypatch.setattr(tokens, "REFRESH_PAUSE_SECONDS", 0.0)
    verifier.keys._again = 0.0
    identity.keys["two"] = Ed25519PrivateKey.generate()
    await verifier.verify(token(identity.keys["two"], kid="two"))
    assert identity.asked == 2
    monkeypatch.setattr(tokens, "REFRESH_PAUSE_SECONDS", 60.0)
    for number in range(1000):
        with pytest.raises(Problem):
            await verifier.verify(token(kid=f"invented-{number}"))
    assert identity.asked == 3


async def test_identity_away() -> None:
    """Keys seen before still serve; without any, nobody can be told apart from anybody."""
    identity = Identity()
    verifier = identity.verifier()
    await verifier.verify(token())
    identity.away = True
    verifier.keys._fetched -= tokens.FRESH_SECONDS + 1
    verifier.keys._again = 0.0
    assert (await verifier.verify(token())).subject == SUBJECT
    fresh = Identity()
    fresh.away = True
    with pytest.raises(Problem) as refused:
        await fresh.verifier().verify(token())
    assert refused.value.status == 503
