"""Calling other services: the caller's token, ids and deadline go along; repeated only where that is safe."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from chassis import metrics
from chassis.context import current
from chassis.problems import Problem, unavailable

ATTEMPTS = 3
PAUSE_SECONDS = 0.1
CONNECT_SECONDS = 1.0
CONNECTIONS = 200
KEEP_ALIVE_SECONDS = 20.0
"""Shorter than what servers keep, so that they do not close a connection under a request."""
REPEATABLE = frozenset({"GET", "HEAD", "PUT"})

log = logging.getLogger("client")


class CallFailed(Exception):
    """No answer came, and the other service may be doing what it was asked."""


class NeverSent(CallFailed):
    """No connection: the other service knows nothing of the request."""


class Interrupted(CallFailed):
    """The connection broke before the answer was complete."""


@dataclass(frozen=True)
class Answer:
    """What another service said; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """The content, which must be JSON."""
        return json.loads(self.content)


class Transport(Protocol):
    """What carries requests."""

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, seconds: float
    ) -> Answer:
        """One request, one answer.

        :raises CallFailed: no answer
        """


class Http:
    """HTTP/1.1 over connections that are kept."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, seconds: float
    ) -> Answer:
        """One request, one answer.

        :raises CallFailed: no answer
        """
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, CONNECT_SECONDS))
        target = URL(url, encoded=True)
        try:
            async with self.session.request(
                method, target, headers=headers, data=content, timeout=timeout, allow_redirects=False
            ) as answer:
                names = {name.lower(): value for name, value in answer.headers.items()}
                return Answer(answer.status, names, await answer.read())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NeverSent(type(error).__name__) from error
        except TimeoutError as error:
            raise CallFailed(type(error).__name__) from error
        except aiohttp.ClientError as error:
            raise Interrupted(type(error).__name__) from error


@asynccontextmanager
async def open_client() -> AsyncIterator[Http]:
    """One pool of connections to all services."""
    connector = aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=KEEP_ALIVE_SECONDS)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar, trust_env=False) as session:
        yield Http(session)


class Callee:
    """Another service.

    :param name: as in its declaration
    :param url: where it is, such as http://identity.application.svc:8080
    """

    def __init__(self, transport: Transport, name: str, url: str) -> None:
        self.transport, self.name, self.url = transport, name, url.rstrip("/")

    async def call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        body: Any = None,
        query: Mapping[str, str | int] | None = None,
        repeatable: bool = False,
    ) -> Answer:
        """One answer, whatever its status.

        :param content: what to send as it is; or `body`, to be sent as JSON
        :param repeatable: that doing it twice has the effect of doing it once, if the method alone does not say so
        :raises Problem: 503 when the service does not answer, 504 when the time is over
        """
        sent = dict(headers or {})
        if body is not None:
            content = json.dumps(body).encode()
            sent["content-type"] = "application/json"
        url = self.url + path + (f"?{urlencode(query)}" if query else "")
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(PAUSE_SECONDS * 2**attempt)
            context = current.get()
            seconds = context.remaining() if context else 10.0
            if seconds <= 0:
                raise Problem(504, "timed-out", "The time for this request is over; whether it took effect is unknown")
            try:
                answer = await self.transport.send(
                    method, url, {**sent, **(context.headers() if context else {})}, content, seconds
                )
            except CallFailed as error:
                self._note(error, attempt)
                again = isinstance(error, Interrupted) and (repeatable or method in REPEATABLE)
                if not again and not isinstance(error, NeverSent):
                    raise unavailable(self.name) from error
            else:
                metrics.CALLS.labels(self.name, f"{answer.status // 100}xx").inc()
                return answer
        raise unavailable(self.name)

    def _note(self, error: CallFailed, attempt: int) -> None:
        metrics.CALLS.labels(self.name, "failed").inc()
        fields = {"callee": self.name, "error": str(error), "attempt": attempt + 1}
        log.warning("call failed", extra={"fields": fields})
