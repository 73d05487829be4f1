"""What is not in the table does not exist outside, and what is passed on holds nothing unknown."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from chassis.application import build
from chassis.client import Answer, Callee, NeverSent
from chassis.settings import ServiceSettings
from chassis.tokens import Principal, refused
from gateway.api.proxy import router
from gateway.domain.routes import ROUTES, SERVICES
from gateway.settings import Settings
from testkit.fakes import FakeTransport, Sent, answer

ACCOUNT = "9f0c7f6e-2d4b-4f6e-8c56-0a9f3f1f6a11"
GOOD = {"authorization": "Bearer good"}


class Inner(FakeTransport):
    """All services behind the gateway."""

    def __init__(self) -> None:
        super().__init__(self.respond)
        self.away = False

    def respond(self, _request: Sent) -> Answer:
        if self.away:
            raise NeverSent("accounts.application.svc: connection refused")
        return answer(200, {"fine": True}, **{"server": "secret/1.0", "set-cookie": "x=1"})


class Guard:
    """Knows one good token."""

    async def verify(self, token: str) -> Principal:
        if token != "good":
            raise refused("The access token is not valid")
        return Principal(str(uuid4()), frozenset(), token)


@pytest.fixture
def inner() -> Inner:
    """What is behind."""
    return Inner()


@pytest.fixture
def outside(inner: Inner) -> httpx.AsyncClient:
    """A customer's program."""

    async def start(_app: FastAPI, _stack: Any) -> None:
        """Made below."""

    app = build(ServiceSettings(service_name="gateway"), [router()], start, {}, public=True)
    app.state.callees = {name: Callee(inner, name, f"http://{name}") for name in SERVICES}
    app.state.verifier = Guard()
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bank.example")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_routes_lead_to_their_service(route: Any, inner: Inner, outside: httpx.AsyncClient) -> None:
    """With the same method and path."""
    path = route.path.replace("{account_id:uuid}", ACCOUNT)
    assert (await outside.request(route.method, path, headers=GOOD)).status_code == 200
    assert inner.requests[0].host == route.service
    assert (inner.requests[0].method, inner.requests[0].path) == (route.method, path)


@pytest.mark.parametrize("route", [route for route in ROUTES if not route.anonymous], ids=lambda route: route.path)
@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer bad"}, {"authorization": "Basic good"}], ids=str)
async def test_strangers_get_no_further(
    route: Any, headers: dict[str, str], inner: Inner, outside: httpx.AsyncClient
) -> None:
    """Nothing is passed on for them."""
    found = await outside.request(route.method, route.path.replace("{account_id:uuid}", ACCOUNT), headers=headers)
    assert found.status_code == 401
    assert inner.requests == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/livez"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
        ("GET", "/jwks"),
        ("GET", "/openapi.json"),
        ("GET", "/docs"),
        ("PUT", f"/ledger/accounts/{ACCOUNT}"),
        ("GET", f"/ledger/accounts/{ACCOUNT}/postings"),
        ("GET", f"/v1/../ledger/accounts/{ACCOUNT}/postings"),
        ("GET", f"/v1/accounts/%2e%2e%2f%2e%2e%2fledger%2faccounts%2f{ACCOUNT}"),
        ("GET", "/v1/accounts/not-an-id"),
        ("GET", f"/v1/accounts/{ACCOUNT}/"),
        ("GET", f"//v1/accounts/{ACCOUNT}"),
        ("DELETE", f"/v1/accounts/{ACCOUNT}"),
        ("PUT", "/v1/accounts"),
        ("GET", "/v1/users"),
        ("TRACE", "/v1/accounts"),
    ],
)
async def test_nothing_else_is_there(method: str, path: str, inner: Inner, outside: httpx.AsyncClient) -> None:
    """Neither insides nor anything that only looks like a route."""
    found = await outside.request(method, path, headers=GOOD)
    assert found.status_code in (404, 405)
    assert found.headers["content-type"] == "application/problem+json"
    assert inner.requests == []


async def test_only_known_headers_pass(inner: Inner, outside: httpx.AsyncClient) -> None:
    """In both directions; and the query is not passed on, because no route has one."""
    sent = {**GOOD, "idempotency-key": "12345678", "x-forwarded-for": "1.2.3.4", "cookie": "a=b", "x-admin": "1"}
    sent |= {"x-request-id": "f" * 32, "traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "x-deadline-ms": "1"}
    found = await outside.post("/v1/transfers?debug=1", json={}, headers=sent)
    passed = inner.requests[0].headers
    assert passed["idempotency-key"] == "12345678"
    assert passed["authorization"] == "Bearer good"
    assert not {"x-forwarded-for", "cookie", "x-admin"} & set(passed)
    assert passed["x-request-id"] == found.headers["x-request-id"] != "f" * 32
    assert "a" * 32 not in passed["traceparent"]
    assert int(passed["x-deadline-ms"]) > 1000
    assert inner.requests[0].query == {}
    assert not {"server", "set-cookie"} & set(found.headers)


async def test_tokens_are_not_sent_where_none_is_needed(inner: Inner, outside: httpx.AsyncClient) -> None:
    """Logging in needs no token."""
    await outside.post("/v1/login", json={}, headers=GOOD)
    assert "authorization" not in inner.requests[0].headers


async def test_only_json_is_passed_on(inner: Inner, outside: httpx.AsyncClient) -> None:
    """Anything else is refused here."""
    found = await outside.post("/v1/transfers", content=b"<x/>", headers={**GOOD, "content-type": "text/xml"})
    assert found.status_code == 415
    assert inner.requests == []


async def test_services_that_are_away(inner: Inner, outside: httpx.AsyncClient) -> None:
    """A problem that names none of them."""
    inner.away = True
    found = await outside.get("/v1/accounts", headers=GOOD)
    assert found.status_code == 503
    assert found.json()["type"].endswith("/unavailable")
    assert not any(name in found.json()["detail"] for name in (*SERVICES, "http"))
    assert len(inner.requests) == 3


def test_every_service_has_an_address() -> None:
    """The table, the settings and the declaration agree."""
    assert {route.service for route in ROUTES} == set(SERVICES)
    assert {f"{name}_url" for name in SERVICES} == set(Settings.model_fields)
