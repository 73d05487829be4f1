"""Passing requests on: only known headers go in, only known headers come out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.client import Callee
from chassis.problems import Problem
from chassis.tokens import authenticate
from gateway.domain.routes import ROUTES, Route

FORWARDED = ("accept", "authorization", "content-type", "idempotency-key")
RETURNED = ("content-type", "retry-after", "www-authenticate")
JSON = "application/json"


def router() -> APIRouter:
    """One endpoint for each public route."""
    found = APIRouter()
    for route in ROUTES:
        found.add_api_route(route.path, _endpoint(route), methods=[route.method], response_model=None)
    return found


def _endpoint(route: Route) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        if not route.anonymous:
            await authenticate(request)
        content = await _content(request)
        callee: Callee = request.app.state.callees[route.service]
        headers = {name: request.headers[name] for name in FORWARDED if name in request.headers}
        if route.anonymous:
            headers.pop("authorization", None)
        answer = await callee.call(
            route.method,
            _path(route, request.path_params),
            headers=headers,
            content=content,
            repeatable="idempotency-key" in headers,
        )
        kept = {name: answer.headers[name] for name in RETURNED if name in answer.headers}
        return Response(answer.content, answer.status, kept)

    return handle


def _path(route: Route, values: dict[str, Any]) -> str:
    """The path anew from what was recognised in it, so that nothing else can hide in it."""
    path = route.path.replace(":uuid}", "}")
    return path.format(**values)


async def _content(request: Request) -> bytes | None:
    """The body of a request that has one.

    :raises Problem: 415 when it is not JSON
    """
    content = await request.body()
    if not content:
        return None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        raise Problem(415, "unsupported-media-type", f"Requests are {JSON}")
    return content
