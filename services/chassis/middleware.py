"""What happens around every request: ids, the deadline, the size limit, one line of log, three metrics."""

from __future__ import annotations

import asyncio
import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import context, metrics
from chassis.problems import Problem

OPERATIONS = frozenset({"/livez", "/readyz", "/metrics"})
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
HEADERS = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]

log = logging.getLogger("access")


class Envelope:
    """Pure ASGI, outermost: nothing gets past it unanswered, unlogged or uncounted.

    :param seconds: how long a request may take at most
    :param size: bytes that a request's body may have
    :param trusted: whether callers are our own services, whose ids and deadlines count
    """

    def __init__(self, app: ASGIApp, seconds: float, size: int, trusted: bool) -> None:
        self.app, self.seconds, self.size, self.trusted = app, seconds, size, trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request = context.from_headers(headers, self.seconds, self.trusted)
        token = context.current.set(request)
        answer = _Answer(send, request.request_id)
        metrics.IN_FLIGHT.inc()
        began = time.perf_counter()
        try:
            await self._answer(scope, receive, answer, headers, request)
        finally:
            metrics.IN_FLIGHT.dec()
            _record(scope, answer.status, time.perf_counter() - began)
            context.current.reset(token)

    async def _answer(
        self,
        scope: Scope,
        receive: Receive,
        answer: _Answer,
        headers: dict[bytes, bytes],
        request: context.RequestContext,
    ) -> None:
        problem: Problem | None = None
        try:
            length = headers.get(b"content-length", b"0")
            if not length.isdigit() or int(length) > self.size:
                raise Problem(413, "request-too-large", f"A request may have {self.size} bytes")
            async with asyncio.timeout(request.remaining()):
                await self.app(scope, receive, answer)
        except Problem as error:
            problem = error
        except TimeoutError:
            problem = Problem(504, "timed-out", "The time for this request is over; whether it took effect is unknown")
        except Exception:
            log.exception("request failed")
            problem = Problem(500, "internal-error", "The request failed on our side; the request id tells us where")
        if problem is not None and not answer.status:
            await problem.response()(scope, receive, answer)


class _Answer:
    """Passes an answer on, adds the headers that every answer has, remembers the status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self.send, self.request_id, self.status = send, request_id, 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = [*HEADERS, (b"x-request-id", self.request_id.encode())]
            names = {name for name, _value in own}
            message["headers"] = [pair for pair in message.get("headers", []) if pair[0].lower() not in names] + own
        await self.send(message)


def _record(scope: Scope, status: int, seconds: float) -> None:
    """Count and log by the route's pattern: the path itself may hold what a caller put there."""
    if scope["path"] in OPERATIONS:
        return
    route = getattr(scope.get("route"), "path", "unmatched")
    method = scope["method"] if scope["method"] in METHODS else "other"
    metrics.REQUESTS.labels(method, route, str(status)).inc()
    metrics.DURATION.labels(method, route).observe(seconds)
    fields = {"method": method, "route": route, "status": status, "milliseconds": round(seconds * 1000, 1)}
    log.info("request", extra={"fields": fields})
