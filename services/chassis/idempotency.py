"""Idempotency keys: a request that is sent again takes effect once."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Annotated, Any

from fastapi import Depends, Header

from chassis.problems import Problem

KEY = re.compile(r"[\x21-\x7e]{8,128}")


class KeyReused(Exception):
    """The key has been used for a request with other content."""


def request_hash(operation: str, body: Any) -> bytes:
    """What a request asks for, whatever the order of its fields."""
    text = json.dumps([operation, body], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).digest()


def key_hash(key: str) -> bytes:
    """Keys are the caller's text: only their hash is kept."""
    return hashlib.sha256(key.encode()).digest()


async def optional_key(idempotency_key: Annotated[str | None, Header()] = None) -> str | None:
    """The key of a request, if it has one.

    :raises Problem: 400 when it is not a key
    """
    if idempotency_key is not None and not KEY.fullmatch(idempotency_key):
        raise Problem(400, "invalid-idempotency-key", "Idempotency-Key must be 8 to 128 visible ASCII characters")
    return idempotency_key


async def required_key(key: Annotated[str | None, Depends(optional_key)]) -> str:
    """The key of a request.

    :raises Problem: 400 without one
    """
    if key is None:
        raise Problem(400, "idempotency-key-missing", "This request needs the header Idempotency-Key")
    return key
