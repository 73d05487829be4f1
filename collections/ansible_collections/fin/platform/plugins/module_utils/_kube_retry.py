# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long, and how, requests are repeated while an API server is away or overloaded."""

from __future__ import annotations

import random
import threading
import time

from ansible_collections.fin.platform.plugins.module_utils._kube_errors import KubeUnavailableError

FIRST_DELAY = 0.1
LONGEST_DELAY = 5.0
SETTLING = 10.0


class Patience:
    """The bound on repeating, shared by all threads that talk to one API server.

    A server that is away is away for everyone: its outage is measured once, from the first failure after the last
    success, so that a thousand requests do not wait for a minute each.

    :param seconds: for how long to repeat
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        self._outage_began: float | None = None
        self._recovered: float | None = None

    def succeeded(self) -> None:
        """Some request was answered: the server is there."""
        if self._outage_began is None:
            return
        with self._lock:
            if self._outage_began is not None:
                self._outage_began, self._recovered = None, time.monotonic()

    @property
    def settling(self) -> bool:
        """Whether the server came back just now; until it has loaded its own rules it refuses what it would allow."""
        return self._recovered is not None and time.monotonic() - self._recovered < SETTLING

    def wait(self, attempt: int, began: float, failure: str, retry_after: float | None = None) -> None:
        """Sleep before the next attempt.

        :param attempt: number of attempts made, from 1
        :param began: when this request failed first (monotonic)
        :param failure: what came of the attempt
        :param retry_after: what the server asked for, in seconds
        :raises KubeUnavailableError: the bound is reached
        """
        now = time.monotonic()
        with self._lock:
            if self._outage_began is None:
                self._outage_began = now
            waited = max(now - began, now - self._outage_began)
        left = self.seconds - waited
        if left <= 0 or self.stopped.is_set():
            raise KubeUnavailableError(f"gave up after repeating for {waited:.0f} s (retry_seconds): {failure}")
        delay = min(FIRST_DELAY * 2 ** min(attempt - 1, 10), LONGEST_DELAY) * random.uniform(0.5, 1.0)
        self.stopped.wait(min(max(delay, retry_after or 0), left))

    def stop(self) -> None:
        """Repeat nothing any more: somebody wants to end."""
        self.stopped.set()
