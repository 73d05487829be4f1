"""Who may sign up, and what is kept of a password."""

from __future__ import annotations

import base64
import secrets

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.settings import SettingsInvalid
from identity.adapters import passwords
from identity.adapters.keys import Sealer, SigningKey
from identity.adapters.passwords import Passwords
from identity.domain.users import Busy, EmailInvalid, PasswordUnfit, check_sign_up, normal_email

SECRET = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")


def test_addresses_are_kept_in_lower_case() -> None:
    """Two that differ in case only are one person's."""
    assert normal_email(" Alice.O'Hara@Example.COM ") == "alice.o'hara@example.com"


@pytest.mark.parametrize(
    "text",
    ["", "alice", "@example.com", "a@b", "a b@example.com", "a@ex ample.com", "a@-x.com", "a\x00@x.com", "é@x.com"],
)
def test_other_texts_are_no_addresses(text: str) -> None:
    """Too little, too much, unprintable."""
    with pytest.raises(EmailInvalid):
        normal_email(text)


def test_nobody_signs_up_as_the_bank() -> None:
    """Its own users are not made over HTTP."""
    with pytest.raises(EmailInvalid):
        check_sign_up("treasury@platform.internal", secrets.token_urlsafe(16))


@pytest.mark.parametrize(
    "password", ["short", "x" * 129, "aaaaaaaaaaaaaaaa", "password12345", "alice-alice-alice", "Qwertyuiop123"]
)
def test_easy_passwords_are_refused(password: str) -> None:
    """Short, endless, monotonous, first in every list, one's own name."""
    with pytest.raises(PasswordUnfit):
        check_sign_up("alice@example.com", password)


def test_other_passwords_are_taken() -> None:
    """Long is enough."""
    check_sign_up("alice@example.com", "correct horse battery staple")


async def test_passwords_are_argon2id() -> None:
    """Each with a salt of its own; only the password matches."""
    keeper = Passwords()
    first, second = await keeper.hash("correct horse"), await keeper.hash("correct horse")
    assert first != second
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await keeper.matches(first, "correct horse")
    assert not await keeper.matches(first, "Correct horse")
    assert not await keeper.matches(None, "correct horse")
    assert not await keeper.matches("$argon2id$broken", "correct horse")
    keeper.close()


async def test_queue_for_checking_passwords_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes too late is told so at once."""
    monkeypatch.setattr(passwords, "MOST_WAITING", 0)
    keeper = Passwords()
    with pytest.raises(Busy):
        await keeper.matches(None, "x")
    keeper.close()


def test_sealed_key_opens_under_its_secret_and_id_only() -> None:
    """Neither another secret nor another key's id will do, nor a changed byte."""
    key = SigningKey("one", Ed25519PrivateKey.generate())
    sealer = Sealer(SECRET)
    sealed = sealer.seal(key)
    assert sealer.unseal("one", sealed).public_jwk() == key.public_jwk()
    assert key.private.private_bytes_raw() not in sealed
    other = Sealer(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    for opener, kid, text in ((other, "one", sealed), (sealer, "two", sealed), (sealer, "one", sealed[:-1] + b"x")):
        with pytest.raises(SettingsInvalid, match="not sealed under this secret"):
            opener.unseal(kid, text)


@pytest.mark.parametrize("secret", ["", "short", "!" * 43, "A" * 43, SECRET[:-5]])
def test_unfit_sealing_secrets_are_refused(secret: str) -> None:
    """32 random bytes, nothing else."""
    with pytest.raises(SettingsInvalid):
        Sealer(secret)


def test_published_key_has_no_private_part() -> None:
    """Only what others verify with."""
    assert set(SigningKey("one", Ed25519PrivateKey.generate()).public_jwk()) == {"kty", "crv", "x", "kid", "use", "alg"}
