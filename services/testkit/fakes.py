"""Other services, played by a function: for tests without sockets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chassis.client import Answer


@dataclass(frozen=True)
class Sent:
    """A request as another service would get it."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None

    @property
    def host(self) -> str:
        """Whom it was sent to."""
        return urlsplit(self.url).hostname or ""

    @property
    def path(self) -> str:
        """What it was about."""
        return urlsplit(self.url).path

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters."""
        return dict(parse_qsl(urlsplit(self.url).query))


class FakeTransport:
    """Answers with what a function makes of a request; it may raise CallFailed."""

    def __init__(self, answer: Callable[[Sent], Answer]) -> None:
        self.answer = answer
        self.requests: list[Sent] = []

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, seconds: float
    ) -> Answer:
        """As chassis.client.Transport."""
        assert seconds > 0
        self.requests.append(Sent(method, url, headers, content))
        return self.answer(self.requests[-1])


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    """An answer with JSON in it."""
    return Answer(status, {"content-type": "application/json", **headers}, json.dumps(body, default=str).encode())
