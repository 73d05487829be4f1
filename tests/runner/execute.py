"""Run one stage: its own process group, its own log, a heartbeat, and an end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.runner import junit
from tests.runner.stage import TREE, Case, Outcome, Stage

HEARTBEAT = 60.0
GRACE = 30.0


def run(stage: Stage, label: str, limit: float) -> Outcome:
    """Run a stage for at most `limit` seconds and count its tests.

    `label` is "stage 3/20" for the progress lines.
    """
    shutil.rmtree(stage.results, ignore_errors=True)
    stage.results.mkdir(parents=True)
    print(f"{label} {stage.name}  (about {stage.seconds} s, log: {stage.log.relative_to(TREE)})", flush=True)
    began = time.monotonic()
    with stage.log.open("wb") as log:
        try:
            process = subprocess.Popen(
                command(stage, limit),
                cwd=TREE / stage.directory,
                env=environment(stage),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            return Outcome(stage, "failed", 0, (Case(stage.name, "failed", 0, f"cannot be started: {error}"),))
        try:
            code = _wait(process, stage, label, limit)
        except BaseException:
            end(process)
            raise
    seconds = time.monotonic() - began
    cases = _cases(stage, code, seconds, limit)
    failed = any(case.state == "failed" for case in cases)
    print(f"{label} {stage.name}: {'FAILED' if failed else 'passed'} in {seconds:.0f} s", flush=True)
    return Outcome(stage, "failed" if failed else "passed", seconds, tuple(cases))


def command(stage: Stage, limit: float) -> list[str]:
    """The command's words, with placeholders filled in and patterns expanded."""
    values = {"tree": str(TREE), "results": str(stage.results), "seconds": str(int(limit))}
    words: list[str] = []
    for word in stage.command:
        filled = word.format_map(values)
        if "*" in word:
            folder = TREE / stage.directory
            words += sorted(str(path.relative_to(folder)) for path in folder.glob(filled)) or [filled]
        else:
            words.append(filled)
    return words


def environment(stage: Stage) -> dict[str, str]:
    """The caller's environment, with the stage's virtual environment first on the PATH."""
    virtualenv = TREE / stage.virtualenv
    values = {"tree": str(TREE), "results": str(stage.results)}
    return {
        **{name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")},
        "PATH": os.pathsep.join([str(virtualenv / "bin"), os.environ.get("PATH", "")]),
        "VIRTUAL_ENV": str(virtualenv),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NO_COLOR": "1",
        "ANSIBLE_CONFIG": str(TREE / "ansible.cfg"),
        **{name: value.format_map(values) for name, value in stage.environment.items()},
    }


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children: politely, then by force."""
    for number, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, 5.0)):
        try:
            os.killpg(process.pid, number)
            process.wait(patience)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def _wait(process: subprocess.Popen[bytes], stage: Stage, label: str, limit: float) -> int | None:
    """The exit code, or None when the time was up."""
    began = time.monotonic()
    while (elapsed := time.monotonic() - began) < limit:
        try:
            return process.wait(min(HEARTBEAT, limit - elapsed))
        except subprocess.TimeoutExpired:
            elapsed = time.monotonic() - began
            print(f"{label} {stage.name}: {elapsed:.0f} s: {_last_line(stage.log)}", flush=True)
    end(process)
    return None


def _last_line(log: Path) -> str:
    """The newest line of a log that says something, cut to fit a terminal."""
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 2000))
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[-1][:120] if lines else "no output yet"


def _cases(stage: Stage, code: int | None, seconds: float, limit: float) -> list[Case]:
    """The stage's tests; a command that ends badly with no failed test to show for it is itself a failed test."""
    cases: list[Case] = []
    unreadable = ""
    if stage.junit:
        for file in sorted(stage.results.glob(stage.junit)):
            try:
                cases += junit.read(file)
            except ValueError as error:
                unreadable = str(error)
    trouble = unreadable
    if code is None:
        trouble = f"was stopped after {limit:.0f} s, the time that was left"
    elif code != 0 and not any(case.state == "failed" for case in cases):
        trouble = f"exit code {code}"
    elif stage.junit and not cases and not trouble:
        trouble = "no test ran"
    if trouble:
        cases.append(Case(stage.name, "failed", seconds, f"{trouble}; last line: {_last_line(stage.log)}"))
    elif not stage.junit:
        cases.append(Case(stage.name, "passed", seconds))
    return cases
