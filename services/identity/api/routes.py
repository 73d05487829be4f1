"""Signing up, logging in, and the keys by which others verify tokens."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from chassis.fields import Name
from chassis.idempotency import optional_key
from identity.adapters.keys import TOKEN_SECONDS, Keys
from identity.adapters.users import Users
from identity.domain.users import LONGEST_PASSWORD

Password = Annotated[SecretStr, Field(min_length=1, max_length=LONGEST_PASSWORD)]
Email = Annotated[str, StringConstraints(min_length=3, max_length=254)]


class SignUp(BaseModel):
    """Somebody who wants to become a user."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    password: Password
    name: Name


class SignedUp(BaseModel):
    """A new user."""

    id: UUID


class LogIn(BaseModel):
    """Somebody who says who they are."""

    model_config = ConfigDict(extra="forbid")

    email: Email
    password: Password


class LoggedIn(BaseModel):
    """What to send along with requests."""

    access_token: str
    token_type: str = "Bearer"
    expires_in: int = TOKEN_SECONDS


def _users(request: Request) -> Users:
    found: Users = request.app.state.users
    return found


def _keys(request: Request) -> Keys:
    found: Keys = request.app.state.keys
    return found


router = APIRouter()


@router.post("/v1/users", status_code=201)
async def sign_up(
    body: SignUp,
    users: Annotated[Users, Depends(_users)],
    key: Annotated[str | None, Depends(optional_key)],
) -> SignedUp:
    """Become a user."""
    return SignedUp(id=await users.sign_up(body.email, body.password.get_secret_value(), body.name, key))


@router.post("/v1/login")
async def log_in(
    body: LogIn, users: Annotated[Users, Depends(_users)], keys: Annotated[Keys, Depends(_keys)]
) -> LoggedIn:
    """Get an access token."""
    user = await users.log_in(body.email, body.password.get_secret_value())
    return LoggedIn(access_token=keys.sign(user))


@router.get("/jwks")
async def jwks(keys: Annotated[Keys, Depends(_keys)]) -> dict[str, list[dict[str, Any]]]:
    """The public keys that tokens are signed with (RFC 7517)."""
    return {"keys": await keys.published()}
