"""Source text: nothing left undone, nothing that only one machine knows, nothing too long to read."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.rules.files import name, python_files, tree_files
from tests.runner.stage import TREE

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
PRIVATE_KEY = re.compile("BEGIN [A-Z ]*PRIVATE" + " KEY")


def text_files() -> list[Path]:
    """All files that are text."""
    return [path for path in tree_files() if b"\0" not in path.read_bytes()[:4096]]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [(UNFINISHED, "work left undone"), (PRIVATE_KEY, "a private key")],
    ids=["unfinished", "private key"],
)
def test_text_is_free_of(pattern: re.Pattern[str], why: str) -> None:
    """No file holds what no file should hold."""
    found = [
        f"{name(path)}:{number}"
        for path in text_files()
        if path.suffix not in (".sum", ".lock")
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, f"{why}: {', '.join(found)}"


def test_locks_hold_no_address() -> None:
    """A lock names packages and checksums; where they come from is the machine's business."""
    locks = [path for path in tree_files() if path.suffix == ".lock"]
    assert locks
    assert not [name(path) for path in locks if "://" in path.read_text(encoding="utf-8")]


def test_locks_hold_checksums() -> None:
    """Every package in a lock is pinned with at least one checksum."""
    loose = []
    for path in tree_files():
        if path.suffix != ".lock":
            continue
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
        lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
        loose += [
            f"{name(path)}: {line.split()[0]}" for line in lines if "==" not in line or "--hash=sha256:" not in line
        ]
    assert not loose


@pytest.mark.parametrize("path", python_files(), ids=name)
def test_python_is_short(path: Path) -> None:
    """Files and functions can be read in one go."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE, f"longer than {LONGEST_FILE} lines"
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [f"{node.name} ({size} lines)" for node in functions if (size := _lines(node)) > LONGEST_FUNCTION]
    assert not long, f"longer than {LONGEST_FUNCTION} lines: {long}"


def test_executables_have_a_shebang() -> None:
    """What may be run says with what."""
    scripts = [path for path in tree_files() if path.stat().st_mode & 0o111]
    assert not [name(path) for path in scripts if not path.read_bytes().startswith(b"#!")]


def test_tree_is_a_checkout() -> None:
    """The rules look at what git sees; without git they would look at nothing."""
    assert (TREE / ".git").exists()
    assert tree_files()


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function."""
    return (node.end_lineno or node.lineno) - node.lineno + 1
