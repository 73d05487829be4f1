"""What a request carries with it from service to service: ids and the time left."""

from __future__ import annotations

import re
import secrets
import time
from contextvars import ContextVar
from dataclasses import dataclass, field

REQUEST_ID = re.compile(r"[0-9a-f]{32}")
TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


def new_trace() -> str:
    """A trace id as W3C trace context wants it."""
    return secrets.token_hex(16)


@dataclass(frozen=True)
class RequestContext:
    """The ids of one request in one service, and when its caller stops waiting."""

    deadline: float
    """By time.monotonic()."""
    request_id: str = field(default_factory=new_trace)
    trace_id: str = field(default_factory=new_trace)
    span_id: str = field(default_factory=lambda: secrets.token_hex(8))
    flags: str = "00"

    def remaining(self) -> float:
        """Seconds left; never negative."""
        return max(0.0, self.deadline - time.monotonic())

    def headers(self) -> dict[str, str]:
        """What a call to another service is told."""
        return {
            "x-request-id": self.request_id,
            "traceparent": f"00-{self.trace_id}-{self.span_id}-{self.flags}",
            "x-deadline-ms": str(int(self.remaining() * 1000)),
        }


current: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)


def from_headers(headers: dict[bytes, bytes], most: float, trusted: bool) -> RequestContext:
    """The context of a request that came in.

    :param most: seconds a request may take at most
    :param trusted: whether the caller is one of us; ids and deadlines of others are not taken over
    """
    if not trusted:
        return RequestContext(deadline=time.monotonic() + most)
    request_id = headers.get(b"x-request-id", b"").decode("latin-1")
    trace = TRACEPARENT.fullmatch(headers.get(b"traceparent", b"").decode("latin-1"))
    wanted = headers.get(b"x-deadline-ms", b"")
    seconds = min(most, int(wanted) / 1000) if wanted.isdigit() and len(wanted) < 8 else most
    return RequestContext(
        deadline=time.monotonic() + seconds,
        request_id=request_id if REQUEST_ID.fullmatch(request_id) else new_trace(),
        trace_id=trace[1] if trace else new_trace(),
        flags=trace[3] if trace else "00",
    )
