"""Run the product's playbook the way a person does, and take it away in the middle."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.runner.stage import TREE

COMMAND = ("ansible-playbook", "site.yml", "-i", "inventories/local")


@dataclass(frozen=True)
class Finished:
    """What a run said: its exit code, its text, and how long it took."""

    code: int
    output: str
    seconds: float

    @property
    def changed(self) -> int:
        """The number of changes in the recap; a run without a recap is a failed one."""
        found = re.findall(r"changed=(\d+)", self.output)
        assert found, f"the run printed no recap:\n{self.output[-3000:]}"
        return sum(map(int, found))

    def succeeded(self) -> Finished:
        """Itself, if it ended well."""
        assert self.code == 0, f"exit code {self.code}:\n{self.output[-5000:]}"
        return self


def run(*options: str, log: Path) -> Finished:
    """Run it to the end."""
    began = time.monotonic()
    with log.open("wb") as file:
        process = start(*options, file=file.fileno())
        try:
            code = process.wait()
        except BaseException:
            kill(process)
            raise
    return Finished(code, log.read_text(encoding="utf-8", errors="replace"), time.monotonic() - began)


def run_until(condition: Callable[[str], bool], log: Path, seconds: float) -> bool:
    """Run it until its output meets a condition, then kill it outright; False if it ended before.

    The whole process group goes at once, as when the power fails: nothing gets to clean up.
    """
    ends = time.monotonic() + seconds
    with log.open("wb") as file:
        process = start(file=file.fileno())
        try:
            while time.monotonic() < ends:
                if process.poll() is not None:
                    return False
                if condition(log.read_text(encoding="utf-8", errors="replace")):
                    return True
                time.sleep(0.2)
            raise AssertionError(f"not there after {seconds:.0f} s; see {log}")
        finally:
            kill(process)


def start(*options: str, file: int) -> subprocess.Popen[bytes]:
    """Start it in a process group of its own."""
    environment = {**os.environ, "ANSIBLE_CONFIG": str(TREE / "ansible.cfg"), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [*COMMAND, *options],
        cwd=TREE,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=file,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    """End the group without a chance to tidy up."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
