"""Errors as RFC 9457 problem details: what the caller can do about it, and nothing of our insides."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from chassis.context import current

TYPES = "https://fin.platform/problems/"
RETRY_SECONDS = "1"

log = logging.getLogger("problems")


class Problem(Exception):
    """An answer that refuses.

    :param kind: the last part of the problem's type, such as `insufficient-funds`
    :param detail: for the caller to read; must not repeat what the caller sent
    """

    def __init__(
        self, status: int, kind: str, detail: str, headers: Mapping[str, str] | None = None, **members: Any
    ) -> None:
        super().__init__(kind)
        self.status, self.kind, self.detail = status, kind, detail
        self.headers, self.members = dict(headers or {}), members

    def response(self) -> JSONResponse:
        """The answer."""
        body: dict[str, Any] = {
            "type": TYPES + self.kind,
            "title": self.kind.replace("-", " ").capitalize(),
            "status": self.status,
            "detail": self.detail,
            **self.members,
        }
        context = current.get()
        if context is not None:
            body["request_id"] = context.request_id
        return JSONResponse(body, self.status, self.headers, media_type="application/problem+json")


def unavailable(what: str) -> Problem:
    """Something that is needed does not answer now; what it is goes to the log, not to the caller."""
    log.warning("unavailable", extra={"fields": {"what": what}})
    return Problem(503, "unavailable", "This cannot be done just now; try again", {"Retry-After": RETRY_SECONDS})


def install(app: FastAPI, errors: Mapping[type[Exception], tuple[int, str]]) -> None:
    """Let an application answer with problems.

    :param errors: a service's own errors, with the status and kind of problem they become; their text is the detail
    """
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)
    for error, (status, kind) in errors.items():
        app.add_exception_handler(error, _handler(status, kind))


def _handler(status: int, kind: str) -> Any:
    async def handle(_request: Request, error: Exception) -> JSONResponse:
        return Problem(status, kind, str(error)).response()

    return handle


async def _problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return error.response()


async def _http(_request: Request, error: Exception) -> JSONResponse:
    """What the framework refuses by itself: unknown paths, methods, broken bodies."""
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    return Problem(error.status_code, phrase.lower().replace(" ", "-"), phrase, error.headers).response()


async def _validation(_request: Request, error: Exception) -> JSONResponse:
    """Which fields are wrong and why, without repeating their values."""
    assert isinstance(error, RequestValidationError)
    errors = [{"field": _field(found["loc"]), "reason": found["type"]} for found in error.errors()]
    return Problem(422, "invalid-request", "The request does not fit its schema", errors=errors[:20]).response()


def _field(location: tuple[int | str, ...]) -> str:
    """Where a wrong value is; a name that the schema does not know is the caller's text, and cut short."""
    return ".".join(str(part)[:40] for part in location)
