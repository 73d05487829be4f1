"""Calls are repeated only when that cannot do twice what was to be done once."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import pytest

from chassis import client as module
from chassis import context
from chassis.client import Callee
from chassis.problems import Problem

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests do not wait."""
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.0)


class Other:
    """A service that fails a number of times, then answers."""

    def __init__(self, error: type[httpx.TransportError], times: int) -> None:
        self.error, self.times = error, times
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if len(self.requests) <= self.times:
            raise self.error("no")
        return httpx.Response(200, json={})

    def callee(self) -> Callee:
        return Callee(httpx.AsyncClient(transport=httpx.MockTransport(self)), "other", "http://other")


@pytest.mark.parametrize(
    ("error", "method", "repeatable", "requests"),
    [
        (httpx.ConnectError, "POST", False, 3),
        (httpx.ReadError, "GET", False, 3),
        (httpx.ReadError, "PUT", False, 3),
        (httpx.RemoteProtocolError, "POST", True, 3),
        (httpx.RemoteProtocolError, "POST", False, 1),
        (httpx.ReadError, "POST", False, 1),
        (httpx.ReadTimeout, "GET", False, 1),
    ],
)
async def test_what_is_repeated(
    error: type[httpx.TransportError], method: str, repeatable: bool, requests: int
) -> None:
    """What was never sent, what changes nothing, what has a key; nothing after a time-out."""
    other = Other(error, times=9)
    with pytest.raises(Problem) as refused:
        await other.callee().call(method, "/x", repeatable=repeatable)
    assert refused.value.status == 503
    assert len(other.requests) == requests


async def test_second_attempt_counts() -> None:
    """A pod that has just gone away is not the end."""
    assert (await Other(httpx.ConnectError, times=1).callee().call("POST", "/x")).status_code == 200


async def test_ids_and_deadline_go_along() -> None:
    """So that one request can be followed, and nobody works for a caller that has left."""
    other = Other(httpx.ConnectError, times=0)
    request = context.RequestContext(deadline=time.monotonic() + 5)
    token = context.current.set(request)
    try:
        await other.callee().call("GET", "/x")
    finally:
        context.current.reset(token)
    headers = other.requests[0].headers
    assert headers["x-request-id"] == request.request_id
    assert headers["traceparent"].startswith(f"00-{request.trace_id}-{request.span_id}-")
    assert 4000 < int(headers["x-deadline-ms"]) <= 5000


async def test_nothing_is_sent_when_the_time_is_over() -> None:
    """504, without asking."""
    other = Other(httpx.ConnectError, times=0)
    token = context.current.set(context.RequestContext(deadline=time.monotonic() - 1))
    try:
        with pytest.raises(Problem) as refused:
            await other.callee().call("GET", "/x")
    finally:
        context.current.reset(token)
    assert refused.value.status == 504
    assert other.requests == []
