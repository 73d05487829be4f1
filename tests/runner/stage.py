"""What a stage is, and what came of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

TREE = Path(__file__).resolve().parents[2]
RESULTS = TREE / ".state" / "test-logs"


def cache_directory() -> Path:
    """Where built programs and images are kept, by the rule of roles/workstation/files/environment.py."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    return Path(os.environ.get("FIN_PLATFORM_CACHE") or base / "fin-platform").expanduser()


State = Literal["passed", "failed", "left out"]


@dataclass(frozen=True)
class Stage:
    """One command whose tests are counted.

    `command` may hold {tree}, {results} (a folder of the stage's own) and {seconds} (what is left of the budget);
    words with a * stand for the files they match. `junit` says which files in `results` hold JUnit XML; without it the
    command itself counts as one test. `estimate` is in seconds and decides whether the stage still fits the budget.
    """

    name: str
    group: Literal["lint", "unit", "system", "cluster"]
    command: tuple[str, ...]
    estimate: int | Callable[[], int]
    directory: str = "."
    environment: dict[str, str] = field(default_factory=dict)
    junit: str = ""
    needs: tuple[str, ...] = ()
    virtualenv: str = ".venv"
    teardown: bool = False
    """Runs whatever happened before, if what it needs was ever started, and is given time that no other may use."""

    @property
    def seconds(self) -> int:
        """The estimate as a number."""
        return self.estimate if isinstance(self.estimate, int) else self.estimate()

    @property
    def results(self) -> Path:
        """The folder for the stage's log and JUnit files."""
        return RESULTS / self.name.replace(": ", "-").replace(" ", "-").replace("/", "-")

    @property
    def log(self) -> Path:
        """Where the command's output goes."""
        return self.results / "output.log"


@dataclass(frozen=True)
class Case:
    """One test: its name and what came of it; `detail` says why it failed or was skipped."""

    name: str
    state: Literal["passed", "failed", "skipped"]
    seconds: float = 0.0
    detail: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of a stage."""

    stage: Stage
    state: State
    seconds: float
    cases: tuple[Case, ...] = ()
    reason: str = ""
