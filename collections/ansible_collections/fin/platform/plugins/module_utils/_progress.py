# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running long external commands with a log each, and saying on a progress file which step runs.

The callback plugin ``fin.platform.board`` follows the progress file and prints it: a module itself cannot speak before
it ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


class CommandError(Exception):
    """A command failed: the message has what was tried, its exit code, the end of its output and where all of it is."""


class Progress:
    """Steps of a long task: ``<cache>/log/<step>.log`` holds each one's output."""

    def __init__(self, cache: Path, total: int) -> None:
        self.total = total
        self.step = 0
        self.logs = cache / "log"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.file = cache / "progress.jsonl"
        self.log = self.logs / "start.log"

    @contextmanager
    def doing(self, title: str) -> Iterator[Path]:
        """Announce one step; yields the path of its log."""
        self.step += 1
        self.log = self.logs / (title.replace(" ", "-").replace("/", "-") + ".log")
        self.log.write_text("", encoding="utf-8")
        self._say("start", title, 0.0)
        begun = time.monotonic()
        yield self.log
        self._say("done", title, time.monotonic() - begun)

    def _say(self, event: str, title: str, seconds: float) -> None:
        line = {
            "event": event,
            "step": self.step,
            "total": self.total,
            "title": title,
            "log": str(self.log),
            "seconds": round(seconds, 1),
        }
        with self.file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({**line, "time": time.time(), "pid": os.getpid()}) + "\n")


@contextmanager
def alone(cache: Path, what: str) -> Iterator[None]:
    """Let one process at a time do this, and the next find it done.

    A playbook that was killed leaves its module running: the next run must not work in the same folders beside it.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{what}.lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def run(
    argv: Sequence[str],
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: Path | None = None,
    timeout: float = 3600,
) -> str:
    """Run a command with its output in ``log``; return its standard output.

    :raises CommandError: when it fails, is missing, or takes longer than ``timeout`` seconds
    """
    what = " ".join(str(a) for a in argv)[:300]
    with log.open("ab") as stream:
        stream.write(f"\n$ {what}\n".encode())
        stream.flush()
        source = stdin.open("rb") if stdin else subprocess.DEVNULL
        try:
            done = subprocess.run(
                list(argv),
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=stream,
                timeout=timeout,
                check=False,
            )
        except FileNotFoundError as e:
            raise CommandError(f"'{argv[0]}' is not installed; it was needed for: {what}") from e
        except subprocess.TimeoutExpired as e:
            raise CommandError(f"gave up after {timeout:.0f} s on: {what} (log: {log})") from e
        finally:
            if stdin and not isinstance(source, int):
                source.close()
        stream.write(done.stdout)
    output = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])
        raise CommandError(f"exit code {done.returncode} from: {what}\n{tail}\n(whole log: {log})")
    return output
