#!/usr/bin/env python3
"""Make the project's Python environment: the best interpreter found, and exactly what a lock file names.

The environment lives in the user's cache directory, named by the lock and the interpreter, so that a changed lock gives
a new one and an unchanged lock costs nothing. A marker written last tells a finished environment from an interrupted
one, which is thrown away and made again. Standard library only: this runs before anything is installed.
"""

from __future__ import annotations

import argparse
import fcntl
import glob
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

OLDEST = (3, 11)
NEWEST = (3, 13)
"""What the pinned ansible-core supports on the controlling machine."""
MARKER = ".complete"
PROBE = (
    "import ensurepip, json, ssl, sys, venv; "
    "print(json.dumps([list(sys.version_info[:3]), getattr(sys, '_base_executable', sys.executable)]))"
)


class EnvironmentFailed(Exception):
    """The environment could not be made; the text says what, why and what to do."""


class Interpreter(NamedTuple):
    """A Python that ran: its version and the path of its real executable."""

    version: tuple[int, ...]
    path: str


def cache_directory() -> Path:
    """The project's cache: FIN_PLATFORM_CACHE, or fin-platform in the user's cache directory."""
    chosen = os.environ.get("FIN_PLATFORM_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "fin-platform"


def candidates() -> Iterator[str]:
    """Paths that may be a Python interpreter, newest supported version first."""
    if os.environ.get("FIN_PLATFORM_PYTHON"):
        yield os.environ["FIN_PLATFORM_PYTHON"]
        return
    folders = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        name = "python3.%d" % minor
        yield from (os.path.join(folder, name) for folder in folders)
        for pattern in ("~/.pyenv/versions/3.%d.*/bin/python3", "~/.local/share/uv/python/cpython-3.%d.*/bin/python3"):
            yield from sorted(glob.glob(os.path.expanduser(pattern % minor)), reverse=True)
    yield from (os.path.join(folder, "python3") for folder in folders)
    yield sys.executable


def probe(path: str) -> Interpreter | str:
    """Run a candidate: the interpreter, or one line that says why it cannot be used.

    Running it is the only proof: version managers put shims on the PATH that exist and fail.
    """
    try:
        done = subprocess.run([path, "-c", PROBE], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode != 0:
        return (done.stderr.strip().splitlines() or ["exit code %d" % done.returncode])[-1]
    version, executable = json.loads(done.stdout.strip().splitlines()[-1])
    if not OLDEST <= tuple(version[:2]) <= NEWEST:
        return "is Python %s" % ".".join(map(str, version))
    return Interpreter(tuple(version), executable)


def best_interpreter() -> Interpreter:
    """The newest supported interpreter that runs and can make virtual environments."""
    refused = []
    for path in dict.fromkeys(candidates()):
        if not os.access(path, os.X_OK):
            continue
        found = probe(path)
        if isinstance(found, Interpreter):
            return found
        refused.append("  %s: %s" % (path, found))
    raise EnvironmentFailed(
        "no Python %d.%d to %d.%d that can make a virtual environment was found.\n%s\n"
        "Install one (Debian: apt-get install python3 python3-venv) or name one in FIN_PLATFORM_PYTHON."
        % (*OLDEST, *NEWEST, "\n".join(refused) or "  nothing called python3 is on the PATH")
    )


class Steps:
    """Says which step of how many runs, how long it has been, and where the log is."""

    def __init__(self, total: int, log: Path) -> None:
        self.total, self.log, self.number, self.began = total, log, 0, time.monotonic()

    def say(self, text: str) -> None:
        """Announce the next step."""
        self.number += 1
        elapsed = time.monotonic() - self.began
        print("[%d/%d] %s  (%.0f s, log: %s)" % (self.number, self.total, text, elapsed, self.log), flush=True)

    def run(self, text: str, command: list[str], environment: dict[str, str], directory: Path) -> None:
        """Announce and run a command, its output going to the log."""
        self.say(text)
        with self.log.open("a", encoding="utf-8") as log:
            log.write("$ %s\n" % " ".join(command))
            log.flush()
            code = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd=directory, check=False
            ).returncode
        if code != 0:
            last = "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
            raise EnvironmentFailed("%s: exit code %d. The end of %s:\n%s" % (text, code, self.log, last))


def build(target: Path, interpreter: Interpreter, lock: Path, collections: Path | None) -> None:
    """Make the environment from nothing and mark it finished."""
    log = target.with_suffix(".log")
    log.unlink(missing_ok=True)
    steps = Steps(4 if collections else 3, log)
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")},
        "PATH": "%s%s%s" % (target / "bin", os.pathsep, os.environ.get("PATH", "")),
        "VIRTUAL_ENV": str(target),
    }
    python = str(target / "bin" / "python")
    if target.exists():
        shutil.rmtree(target)
    version = ".".join(map(str, interpreter.version))
    steps.run(
        "Make a virtual environment with Python %s" % version,
        [interpreter.path, "-m", "venv", str(target)],
        environment,
        lock.parent,
    )
    # Compiling every module of every collection in advance takes as long as fetching them, and few are ever imported.
    options = ["--require-hashes", "--no-compile", "--no-input", "--progress-bar", "off"]
    install = [python, "-m", "pip", "install", *options, "-r", str(lock)]
    steps.run("Install what %s names (about a minute)" % lock.name, install, environment, lock.parent)
    if collections:
        galaxy = [str(target / "bin" / "ansible-galaxy"), "collection", "install", "-r", str(collections)]
        steps.run("Install the Ansible collections that are not there yet", galaxy, environment, lock.parent)
    steps.say("Done: Python %s in %s" % (version, target))
    (target / MARKER).write_text(version + "\n", encoding="utf-8")


def link(name: Path, target: Path) -> None:
    """Point a link in the tree at the environment, replacing an older link in one move."""
    if name.is_symlink() and os.readlink(name) == str(target):
        return
    if name.exists() and not name.is_symlink():
        raise EnvironmentFailed("%s is not a link made by this project: move it away and run this again." % name)
    fresh = name.with_name("%s.%d" % (name.name, os.getpid()))
    fresh.symlink_to(target)
    fresh.replace(name)


def arguments() -> argparse.Namespace:
    """The command line."""
    tree = Path(__file__).resolve().parents[3]
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lock", type=Path, default=tree / "requirements.lock", help="what to install, with hashes")
    parser.add_argument("--link", type=Path, default=tree / ".venv", help="the link that names the environment")
    parser.add_argument("--collections", type=Path, help="collections to install (default: requirements.yml)")
    chosen = parser.parse_args()
    chosen.lock = chosen.lock.resolve()
    if chosen.collections is None and chosen.lock == tree / "requirements.lock":
        chosen.collections = tree / "requirements.yml"
    return chosen


def main() -> int:
    """Make the environment if it is not there, and link it."""
    chosen = arguments()
    try:
        interpreter = best_interpreter()
        inputs = chosen.lock.read_bytes() + (chosen.collections.read_bytes() if chosen.collections else b"")
        identity = inputs + repr((interpreter, platform.machine())).encode()
        target = cache_directory() / "venv" / hashlib.sha256(identity).hexdigest()[:16]
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.with_suffix(".lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            if not (target / MARKER).is_file():
                build(target, interpreter, chosen.lock, chosen.collections)
        link(chosen.link, target)
    except (EnvironmentFailed, OSError) as error:
        print("environment: %s" % error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
