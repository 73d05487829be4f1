"""Around every request: ids, limits, problems without insides, one line of log."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from chassis.application import NotReady, build, prepare
from chassis.logs import JsonFormatter
from chassis.settings import ServiceSettings

router = APIRouter()
ID = "0123456789abcdef0123456789abcdef"


class Refused(Exception):
    """An error of the service's own."""


class Body(BaseModel):
    """What /echo wants."""

    amount: int


@router.post("/echo")
async def echo(body: Body) -> Body:
    """Answer what came."""
    return body


@router.get("/fail/{what}")
async def fail(what: str) -> None:
    """Fail in different ways."""
    if what == "own":
        raise Refused("not this way")
    if what == "slowly":
        await asyncio.sleep(5)
    raise RuntimeError("the password of alice@example.com is hunter2")


async def _start(_app: FastAPI, _stack: AsyncExitStack) -> None:
    """Needs nothing."""


def application(public: bool = False) -> FastAPI:
    """A service with little patience."""
    settings = ServiceSettings(service_name="test", request_seconds=0.3, request_bytes=1024)
    return build(settings, [router], _start, {Refused: (409, "own-kind")}, public)


def caller(app: FastAPI) -> httpx.AsyncClient:
    """Somebody who calls it."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test:8080")


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("DELETE", "/echo", 405, "method-not-allowed"),
        ("GET", "/fail/own", 409, "own-kind"),
        ("GET", "/fail/unexpectedly", 500, "internal-error"),
        ("GET", "/fail/slowly", 504, "timed-out"),
    ],
)
async def test_errors_are_problems(method: str, path: str, status: int, kind: str) -> None:
    """Of RFC 9457, with the request's id and without insides."""
    answer = await caller(application()).request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith(f"/{kind}")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text


async def test_wrong_fields_are_named_but_not_repeated() -> None:
    """What was sent may be what must not be written down."""
    answer = await caller(application()).post("/echo", json={"amount": "4111111111111111x"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "body.amount", "reason": "int_parsing"}]
    assert "4111" not in answer.text


@pytest.mark.parametrize("content", ["{", "[1, 2", '{"amount": NaN'])
async def test_broken_json_is_a_problem(content: str) -> None:
    """And not our failure."""
    answer = await caller(application()).post("/echo", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 422


async def _chunks() -> AsyncIterator[bytes]:
    for _ in range(40):
        yield b" " * 100


@pytest.mark.parametrize("stated", [True, False], ids=["stated", "not stated"])
async def test_large_bodies_are_refused(stated: bool) -> None:
    """By what they say they are, and by what they turn out to be."""
    content: Any = b" " * 4000 if stated else _chunks()
    answer = await caller(application()).post("/echo", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


async def test_ids_of_our_own_services_are_taken_over() -> None:
    """And those of strangers are not: they could hold anything."""
    headers = {"x-request-id": ID, "traceparent": f"00-{ID}-0123456789abcdef-01"}
    assert (await caller(application()).get("/x", headers=headers)).headers["x-request-id"] == ID
    assert (await caller(application(public=True)).get("/x", headers=headers)).headers["x-request-id"] != ID
    odd = await caller(application()).get("/x", headers={"x-request-id": "4111111111111111"})
    assert odd.headers["x-request-id"] != "4111111111111111"


async def test_deadline_of_the_caller_counts() -> None:
    """Less time than ours, never more."""
    answer = await caller(application()).get("/fail/slowly", headers={"x-deadline-ms": "10"})
    assert answer.status_code == 504
    assert answer.elapsed.total_seconds() < 0.25
    answer = await caller(application()).get("/fail/slowly", headers={"x-deadline-ms": "90000"})
    assert answer.elapsed.total_seconds() < 2


async def test_one_line_of_log(caplog: pytest.LogCaptureFixture) -> None:
    """With the route's pattern, never the path, the query or the body."""
    with caplog.at_level(logging.INFO):
        await caller(application()).get("/fail/4111111111111111?email=alice@example.com", headers={"x-request-id": ID})
        await caller(application()).get("/4111111111111111")
    lines = [json.loads(JsonFormatter("test").format(record)) for record in caplog.records if record.name == "access"]
    requests = [line for line in lines if line["message"] == "request"]
    assert [line["route"] for line in requests] == ["/fail/{what}", "unmatched"]
    assert requests[0]["status"] == 500
    assert "4111" not in json.dumps(lines)
    assert "alice" not in json.dumps(lines)
    assert "hunter2" not in json.dumps(lines)


async def test_metrics_count_requests() -> None:
    """By method, route and status."""
    client = caller(application())
    await client.get("/fail/own")
    page = (await client.get("/metrics")).text
    assert 'http_requests_total{method="GET",route="/fail/{what}",status="409"}' in page
    assert 'http_request_duration_seconds_bucket{le="0.3",method="GET",route="/fail/{what}"}' in page


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
async def test_public_service_shows_its_insides_to_the_cluster_only(path: str) -> None:
    """To those who ask the pod by its own address."""
    assert (await caller(application(public=True)).get(path)).status_code == 200
    answer = await caller(application(public=True)).get(path, headers={"host": "bank.example"})
    assert answer.status_code == 404


async def test_ready_is_what_the_checks_say() -> None:
    """And not before the start-up work is done."""
    app = application()

    async def lacking() -> None:
        raise NotReady("database x lacks migration 7")

    assert (await caller(app).get("/readyz")).status_code == 200
    app.state.chassis.checks.append(lacking)
    assert (await caller(app).get("/readyz")).status_code == 503
    app.state.chassis.checks.clear()
    done = asyncio.Event()

    async def work() -> None:
        await done.wait()

    prepare(app, work)
    assert (await caller(app).get("/readyz")).status_code == 503
    done.set()
    await asyncio.sleep(0.01)
    assert (await caller(app).get("/readyz")).status_code == 200
    assert (await caller(app).get("/livez")).status_code == 200


async def test_answers_carry_security_headers() -> None:
    """Nothing is kept, guessed or framed."""
    headers = (await caller(application()).get("/nowhere")).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
