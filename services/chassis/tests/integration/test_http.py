"""Real connections: which failures mean that nothing was sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from chassis.client import CallFailed, Interrupted, NeverSent, open_client
from testkit.postgres import free_port

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _hangs_up(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def _breaks_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")


async def _answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    first = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n", 1)[0]
    writer.write(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nX-One: 1\r\nContent-Length: %d\r\n\r\n" % len(first))
    writer.write(first)


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    """A server that does the same with every connection, and then closes it."""
    closed = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await handler(reader, writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        closed.set()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    await closed.wait()
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("handler", "failure"), [(_silent, CallFailed), (_hangs_up, Interrupted), (_breaks_off, Interrupted)]
)
async def test_failures_after_sending(handler: Handler, failure: type[CallFailed]) -> None:
    """The other side may have begun."""
    async with serving(handler) as url, open_client() as client:
        with pytest.raises(failure) as failed:
            await client.send("POST", url, {}, b"{}", 0.3)
    assert not isinstance(failed.value, NeverSent)


async def test_refused_connection_sends_nothing() -> None:
    """Nobody listens; nobody has that name."""
    async with open_client() as client:
        for url in (f"http://127.0.0.1:{free_port()}/", "http://nobody.invalid/"):
            with pytest.raises(NeverSent):
                await client.send("POST", url, {}, b"{}", 2)


async def test_answers_are_taken_as_they_are() -> None:
    """Redirections are not followed, paths are not changed, headers are in lower case."""
    async with serving(_answers) as url, open_client() as client:
        found = await client.send("GET", f"{url}/a%2Fb?c=%20d", {}, None, 2)
    assert (found.status, found.headers["x-one"]) == (302, "1")
    assert found.content == b"GET /a%2Fb?c=%20d HTTP/1.1"
