# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An HTTP server on loopback that answers as a test tells it to."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import urllib3

from ansible_collections.fin.platform.plugins.module_utils._kube_client import KubeClient
from ansible_collections.fin.platform.plugins.module_utils._kube_retry import Patience


@dataclass(frozen=True)
class Reply:
    """An answer; status 0 closes the connection without one."""

    status: int
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Double:
    """The server's script and what it was asked.

    :param replies: given in this order, the last one again and again
    """

    replies: list[Reply]
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    port: int = 0

    def client(self, seconds: float) -> KubeClient:
        """A client of it.

        :param seconds: bound on repeating
        """
        return KubeClient(urllib3.PoolManager(), f"http://127.0.0.1:{self.port}", dict, Patience(seconds))


@contextmanager
def double(*replies: Reply) -> Iterator[Double]:
    """Run the server."""
    script = Double(list(replies))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            script.asked.append((self.command, self.path, body))
            reply = script.replies.pop(0) if len(script.replies) > 1 else script.replies[0]
            if not reply.status:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            data = reply.body.encode() if isinstance(reply.body, str) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PATCH = do_POST = do_PUT = do_DELETE = answer  # noqa: N815  # the names that http.server calls

        def log_message(self, *_words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
