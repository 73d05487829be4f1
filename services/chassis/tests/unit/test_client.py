"""Calls are repeated only when that cannot do twice what was to be done once."""

from __future__ import annotations

import time

import pytest

from chassis import client as module
from chassis import context
from chassis.client import Answer, Callee, CallFailed, Interrupted, NeverSent
from chassis.problems import Problem
from testkit.fakes import FakeTransport, Sent, answer


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests do not wait."""
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.0)


def failing(error: type[CallFailed], times: int) -> tuple[Callee, FakeTransport]:
    """A service that fails a number of times, then answers."""

    def respond(_request: Sent) -> Answer:
        if len(transport.requests) <= times:
            raise error("no")
        return answer(200, {})

    transport = FakeTransport(respond)
    return Callee(transport, "other", "http://other"), transport


@pytest.mark.parametrize(
    ("error", "method", "repeatable", "requests"),
    [
        (NeverSent, "POST", False, 3),
        (Interrupted, "GET", False, 3),
        (Interrupted, "PUT", False, 3),
        (Interrupted, "POST", True, 3),
        (Interrupted, "POST", False, 1),
        (CallFailed, "GET", False, 1),
    ],
)
async def test_what_is_repeated(error: type[CallFailed], method: str, repeatable: bool, requests: int) -> None:
    """What was never sent, what changes nothing, what has a key; nothing after a time-out."""
    callee, other = failing(error, times=9)
    with pytest.raises(Problem) as refused:
        await callee.call(method, "/x", repeatable=repeatable)
    assert refused.value.status == 503
    assert len(other.requests) == requests


async def test_second_attempt_counts() -> None:
    """A pod that has just gone away is not the end."""
    assert (await failing(NeverSent, times=1)[0].call("POST", "/x")).status == 200


async def test_ids_and_deadline_go_along() -> None:
    """So that one request can be followed, and nobody works for a caller that has left."""
    callee, other = failing(NeverSent, times=0)
    request = context.RequestContext(deadline=time.monotonic() + 5)
    token = context.current.set(request)
    try:
        await callee.call("GET", "/x")
    finally:
        context.current.reset(token)
    headers = other.requests[0].headers
    assert headers["x-request-id"] == request.request_id
    assert headers["traceparent"].startswith(f"00-{request.trace_id}-{request.span_id}-")
    assert 4000 < int(headers["x-deadline-ms"]) <= 5000


async def test_nothing_is_sent_when_the_time_is_over() -> None:
    """504, without asking."""
    callee, other = failing(NeverSent, times=0)
    token = context.current.set(context.RequestContext(deadline=time.monotonic() - 1))
    try:
        with pytest.raises(Problem) as refused:
            await callee.call("GET", "/x")
    finally:
        context.current.reset(token)
    assert refused.value.status == 504
    assert other.requests == []
