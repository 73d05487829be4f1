"""Calling other services: the caller's token, ids and deadline go along; repeated only where that is safe."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import httpx

from chassis import metrics
from chassis.context import current
from chassis.problems import Problem, unavailable

ATTEMPTS = 3
PAUSE_SECONDS = 0.1
CONNECT_SECONDS = 1.0
REPEATABLE = frozenset({"GET", "HEAD", "PUT"})
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout)
MAYBE_SENT = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)

log = logging.getLogger("client")


def open_client(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """One pool of connections to all services, closed by its user."""
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200, keepalive_expiry=20.0)
    return httpx.AsyncClient(limits=limits, transport=transport, follow_redirects=False, trust_env=False)


class Callee:
    """Another service.

    :param name: as in its declaration
    :param url: where it is, such as http://identity.application.svc:8080
    """

    def __init__(self, client: httpx.AsyncClient, name: str, url: str) -> None:
        self.client, self.name, self.url = client, name, url.rstrip("/")

    async def call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: Any = None,
        params: Mapping[str, str | int] | None = None,
        repeatable: bool = False,
    ) -> httpx.Response:
        """One answer, whatever its status.

        :param repeatable: that doing it twice has the effect of doing it once, if the method alone does not say so
        :raises Problem: 503 when the service does not answer, 504 when the time is over
        """
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(PAUSE_SECONDS * 2**attempt)
            context = current.get()
            seconds = context.remaining() if context else 10.0
            if seconds <= 0:
                raise Problem(504, "timed-out", "The time for this request is over; whether it took effect is unknown")
            try:
                answer = await self.client.request(
                    method,
                    self.url + path,
                    headers={**(headers or {}), **(context.headers() if context else {})},
                    content=content,
                    json=json,
                    params=params,
                    timeout=httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS)),
                )
            except httpx.TransportError as error:
                metrics.CALLS.labels(self.name, "failed").inc()
                again = isinstance(error, NEVER_SENT) or (
                    isinstance(error, MAYBE_SENT) and (repeatable or method in REPEATABLE)
                )
                fields = {"callee": self.name, "error": type(error).__name__, "attempt": attempt + 1}
                log.warning("call failed", extra={"fields": fields})
                if not again:
                    raise unavailable(self.name) from error
            else:
                metrics.CALLS.labels(self.name, f"{answer.status_code // 100}xx").inc()
                return answer
        raise unavailable(self.name)
