# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to an API server: plain HTTP.

The Kubernetes client's models and its dynamic client validate and convert every object, which costs more than the
request; what is sent and received here is JSON as it is.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ansible_collections.fin.platform.plugins.module_utils._kube_access import access
from ansible_collections.fin.platform.plugins.module_utils._kube_errors import (
    KubeAnswerError,
    KubeUnavailableError,
)
from ansible_collections.fin.platform.plugins.module_utils._kube_retry import Patience

with contextlib.suppress(ImportError):  # told by access(), without which there is no client
    import urllib3

JSON = "application/json"
APPLY = "application/apply-patch+yaml"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
PAGE = 500
CONNECT_SECONDS, READ_SECONDS = 5, 65  # the server itself ends a request after 60
NOT_READY = "not yet ready to handle request"


@dataclass(frozen=True)
class Answer:
    """What the API server answered.

    :param repeated: an earlier attempt may have been carried out, its answer being lost
    """

    status: int
    body: dict[str, Any]
    repeated: bool
    warnings: tuple[str, ...] = ()


class KubeClient:
    """An API server. Safe to use from several threads.

    :param pool: a urllib3 pool manager
    :param host: address of the API server
    :param credentials: gives the headers that authenticate
    :param patience: the bound on repeating
    """

    def __init__(self, pool: Any, host: str, credentials: Callable[[], Mapping[str, str]], patience: Patience) -> None:
        self.host, self.patience = host.rstrip("/"), patience
        self._pool, self._credentials, self._lock = pool, credentials, threading.Lock()
        self._timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """One object, or whatever is at a path.

        :raises KubeAnswerError: the server refused, 404 included
        """
        return self.request("GET", path, query).body

    def find(self, path: str) -> dict[str, Any] | None:
        """One object, or None when it does not exist."""
        try:
            return self.get(path)
        except KubeAnswerError as e:
            if e.status == 404:
                return None
            raise

    def items(self, path: str, accept: str = JSON, **query: str) -> Iterator[dict[str, Any]]:
        """The objects of a list, page by page."""
        page = {**query, "limit": str(PAGE)}
        while True:
            body = self.request("GET", path, page, accept=accept).body
            yield from body.get("items") or []
            following = (body.get("metadata") or {}).get("continue")
            if not following:
                return
            page["continue"] = following

    def text(self, path: str, **query: str) -> str:
        """What is at a path, as text: a log."""
        response, _repeated = self._attempts("GET", path, query, None, JSON, "*/*")
        if response.status >= 400:
            raise KubeAnswerError(response.status, _status(response.data))
        return str(response.data.decode("utf-8", "replace"))

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        content: str = JSON,
        accept: str = JSON,
    ) -> Answer:
        """Make a request, and repeat it while the server is away or overloaded.

        :raises KubeAnswerError: the server refused
        :raises KubeUnavailableError: the server could not be had within the bound
        """
        sent = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        response, repeated = self._attempts(method, path, query or {}, sent, content, accept)
        if response.status >= 400:
            raise KubeAnswerError(response.status, _status(response.data), repeated)
        warnings = tuple(_warning(text) for text in response.headers.getlist("Warning"))
        return Answer(response.status, json.loads(response.data), repeated, warnings)

    def _attempts(
        self, method: str, path: str, query: Mapping[str, str], body: bytes | None, content: str, accept: str
    ) -> tuple[Any, bool]:
        """The first answer that need not be asked for again, and whether an earlier attempt was perhaps carried out."""
        url = f"{self.host}{path}?{urlencode(query)}" if query else f"{self.host}{path}"
        headers = {"Accept": accept, "Content-Type": content, "User-Agent": "fin.platform"}
        attempt, began, perhaps_done = 0, 0.0, False
        while True:
            attempt += 1
            after, done = None, False
            try:
                response = self._once(method, url, body, headers)
            except urllib3.exceptions.SSLError as e:
                raise KubeUnavailableError(f"no trusted connection to {self.host}: {e}") from e
            except urllib3.exceptions.HTTPError as e:
                failure = f"no connection to {self.host}: {e}"
                done = not isinstance(e, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError)
            else:
                failure = self._transient(response.status, response.data)
                if not failure:
                    self.patience.succeeded()
                    return response, perhaps_done
                after, done = _seconds(response.headers.get("Retry-After")), response.status >= 500
            perhaps_done = perhaps_done or done
            began = began or time.monotonic()
            self.patience.wait(attempt, began, failure, after)

    def _once(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Any:
        # Credentials that expire are fetched anew here, which only one thread may do at a time.
        with self._lock:
            authentication = self._credentials()
        return self._pool.request(
            method,
            url,
            body=body,
            headers={**headers, **authentication},
            retries=False,
            redirect=False,
            timeout=self._timeout,
        )

    def _transient(self, status: int, data: bytes) -> str:
        """Why the answer is worth another attempt, or nothing."""
        if status < 400:
            return ""
        message = _status(data).get("message") or ""
        passing = (
            status == 429
            or (status >= 500 and status != 501 and "failed to create typed patch object" not in message)
            or (status in (401, 403) and (self.patience.settling or NOT_READY in message))
            or (status == 403 and "because it is being terminated" in message)
        )
        return f"{self.host} answered {status}: {message or 'no explanation'}" if passing else ""


def connect(kubeconfig: str | None, context: str | None, concurrency: int, retry_seconds: float) -> KubeClient:
    """A client for the cluster that a kubeconfig describes.

    :raises KubeConfigError: the kubeconfig cannot be used
    """
    found = access(kubeconfig, context, concurrency)
    return KubeClient(found.pool, found.host, found.credentials, Patience(retry_seconds))


def _status(data: bytes) -> dict[str, Any]:
    """The ``Status`` in an answer; a proxy in between may have sent something else."""
    try:
        body = json.loads(data)
    except ValueError:
        return {"message": data[:300].decode("utf-8", "replace").strip()}
    return body if isinstance(body, dict) else {"message": str(body)[:300]}


def _seconds(text: str | None) -> float | None:
    """The header Retry-After, when it is in seconds."""
    return float(text) if text and text.isdecimal() else None


def _warning(header: str) -> str:
    """The text of a header Warning: ``299 - "text"``, by RFC 7234."""
    return header.split(" ", 2)[-1].removeprefix('"').removesuffix('"').replace('\\"', '"')
