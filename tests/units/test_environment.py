"""The bootstrap: picks a Python that runs, and never takes an unfinished environment for a finished one."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.runner.stage import TREE

SOURCE = TREE / "roles" / "workstation" / "files" / "environment.py"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The module, with a cache of its own and only the interpreters that a test puts there."""
    spec = importlib.util.spec_from_file_location("environment", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FIN_PLATFORM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FIN_PLATFORM_PYTHON", raising=False)
    monkeypatch.setattr(module.sys, "executable", str(tmp_path / "bin" / "none"))
    return module


def fake(path: Path, text: str) -> Path:
    """A program that answers the probe with some text."""
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def says(version: str) -> str:
    """A shell command that answers as an interpreter of this version would."""
    return f"echo '[[{version.replace('.', ', ')}], \"/real/{version}\"]'"


def test_newest_that_runs_is_taken(environment: ModuleType, tmp_path: Path) -> None:
    """A shim that fails is passed over, an older one that works is taken."""
    fake(tmp_path / "bin" / "python3.13", "echo 'shim: no such version' >&2; exit 127")
    fake(tmp_path / "bin" / "python3.12", says("3.12.1"))
    fake(tmp_path / "bin" / "python3.11", says("3.11.7"))
    assert environment.best_interpreter().path == "/real/3.12.1"


def test_unsupported_versions_are_refused_by_name(environment: ModuleType, tmp_path: Path) -> None:
    """The error lists every candidate with its reason, and the remedy."""
    fake(tmp_path / "bin" / "python3.13", "echo 'No module named ensurepip' >&2; exit 1")
    fake(tmp_path / "bin" / "python3", says("3.9.2"))
    with pytest.raises(environment.EnvironmentFailed) as failure:
        environment.best_interpreter()
    text = str(failure.value)
    assert "No module named ensurepip" in text
    assert "is Python 3.9.2" in text
    assert "python3-venv" in text


def test_choice_of_the_user_wins(environment: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FIN_PLATFORM_PYTHON names the only candidate."""
    fake(tmp_path / "bin" / "python3.13", says("3.13.0"))
    monkeypatch.setenv("FIN_PLATFORM_PYTHON", str(fake(tmp_path / "mine", says("3.11.2"))))
    assert environment.best_interpreter().path == "/real/3.11.2"


def test_interrupted_environment_is_made_again(
    environment: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the marker nothing is trusted; with it nothing is done; the link follows the lock."""
    built: list[Path] = []

    def build(target: Path, *_rest: object) -> None:
        built.append(target)
        target.mkdir(exist_ok=True)
        if len(built) > 1:
            (target / environment.MARKER).touch()

    lock = tmp_path / "some.lock"
    lock.write_text("a==1\n", encoding="utf-8")
    link = tmp_path / "link"
    monkeypatch.setenv("FIN_PLATFORM_PYTHON", str(fake(tmp_path / "mine", says("3.12.1"))))
    monkeypatch.setattr(environment, "build", build)
    monkeypatch.setattr(sys, "argv", ["environment.py", "--lock", str(lock), "--link", str(link)])
    assert [environment.main() for _ in range(3)] == [0, 0, 0]
    assert len(built) == 2
    assert built[0] == built[1] == Path(os.readlink(link))
    lock.write_text("a==2\n", encoding="utf-8")
    assert environment.main() == 0
    assert built[2] != built[1]
    assert Path(os.readlink(link)) == built[2]


def test_link_never_replaces_somebodys_folder(environment: ModuleType, tmp_path: Path) -> None:
    """A real .venv that a person made stays."""
    (tmp_path / "link").mkdir()
    with pytest.raises(environment.EnvironmentFailed, match="move it away"):
        environment.link(tmp_path / "link", tmp_path / "target")
