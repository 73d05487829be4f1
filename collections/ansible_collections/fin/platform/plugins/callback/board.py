# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: board
type: notification
short_description: Progress of long tasks, and a short board at the end
version_added: 1.0.0
author: fin.platform authors (@fin-platform)
description:
  - While a module builds or waits, prints which step of how many runs, since when, and where its log is.
  - At the end of a run prints what was installed and changed, how long each phase took, and what was proved.
requirements: [enabled in C(callbacks_enabled)]
options:
  progress_file:
    description: File that long modules write their steps to.
    type: path
    default: ~/.cache/fin-platform/progress.jsonl
    env: [{name: FIN_PLATFORM_PROGRESS}]
"""

import json
import os
import threading
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

EVERY = 30.0  # seconds between two signs of life of one step


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible-core ships no types
    """Prints beside the stdout callback, whichever that is."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "fin.platform.board"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.phases: list[tuple[str, float, int]] = []
        self.phase, self.begun, self.changed = "", time.monotonic(), 0
        self.run_begun = time.monotonic()
        self.plan: dict[str, Any] = {}
        self.images: dict[str, Any] = {}
        self.proofs: list[dict[str, Any]] = []
        self.stop = threading.Event()

    def v2_playbook_on_start(self, playbook: Any) -> None:
        threading.Thread(target=self._follow, daemon=True).start()

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._end_phase()
        self.phase, self.begun, self.changed = play.get_name(), time.monotonic(), 0

    def v2_runner_on_ok(self, result: Any) -> None:
        values = result._result
        self.changed += bool(values.get("changed"))
        self.plan = values.get("plan") or self.plan
        if "programs" in values and "mode" in values:
            self.images = values
        self.proofs += values.get("proofs") or []

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self.proofs += result._result.get("proofs") or []

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self.stop.set()
        self._end_phase()
        if self.plan:
            self._display.display("\n".join(self._board()))

    def _end_phase(self) -> None:
        if self.phase:
            self.phases.append((self.phase, time.monotonic() - self.begun, self.changed))
            self.phase = ""

    def _board(self) -> list[str]:
        total = time.monotonic() - self.run_begun
        releases = ", ".join(f"{r['name']} {r['chart']['version']}" for r in self.plan.get("releases", []))
        lines = [
            "",
            f"{self.plan.get('environment', '')}: plan {str(self.plan.get('digest', ''))[:19]}",
            f"  components  {releases}",
        ]
        lines.append(f"  services    {', '.join(sorted(self.plan.get('services', {})))}")
        if self.images:
            lines.append(
                f"  images      {self.images['mode']}: {self.images['reason']}; built now: {', '.join(self.images['built']) or 'nothing'}"
            )
        for name, seconds, changed in self.phases:
            lines.append(f"  {seconds:6.1f} s  {changed:3d} changed  {name}")
        lines.append(f"  {total:6.1f} s  {sum(c for _n, _s, c in self.phases):3d} changed  in all")
        lines += [f"  proved      {proof['claim']}: {proof['seen']}" for proof in self.proofs]
        if not self.proofs:
            lines.append("  proved      nothing in this run")
        return lines

    def _follow(self) -> None:
        """Print what long modules write to the progress file, from now on."""
        path = Path(os.path.expanduser(str(self.get_option("progress_file"))))
        offset = path.stat().st_size if path.exists() else 0
        step: dict[str, Any] = {}
        said = 0.0
        while not self.stop.wait(0.5):
            lines, offset = _new_lines(path, offset)
            for line in lines:
                step = line if line["event"] == "start" else {}
                said = time.monotonic()
                self._say(line, line["seconds"])
            if step and time.monotonic() - said > EVERY:
                said = time.monotonic()
                self._say(step, time.time() - step["time"])

    def _say(self, step: dict[str, Any], seconds: float) -> None:
        since = f"{seconds:.0f} s" if step["event"] == "done" or seconds else "begun"
        word = "done" if step["event"] == "done" else "now"
        self._display.display(
            f"    [{step['step']}/{step['total']}] {word}: {step['title']} ({since}; log {step['log']})",
            color="bright gray",
        )


def _new_lines(path: Path, offset: int) -> tuple[list[dict[str, Any]], int]:
    """Whole lines written since an offset; a file that became shorter is read from its beginning."""
    try:
        size = path.stat().st_size
        if size < offset:
            offset = 0
        if size == offset:
            return [], offset
        with path.open("rb") as stream:
            stream.seek(offset)
            data = stream.read()
    except OSError:
        return [], offset
    whole = data[: data.rfind(b"\n") + 1]
    return [json.loads(line) for line in whole.splitlines()], offset + len(whole)
