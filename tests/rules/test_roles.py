"""Roles: anatomy, documented variables, small task files, nothing that hides what happened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rules.files import load, name, roles, task_files

LONGEST_TASK_FILE = 60
FORBIDDEN = {"shell", "ansible.builtin.shell", "raw", "ansible.builtin.raw", "ignore_errors"}


@pytest.fixture(params=roles(), ids=name)
def role(request: pytest.FixtureRequest) -> Path:
    """Each role's folder."""
    path: Path = request.param
    return path


@pytest.fixture(params=task_files(), ids=name)
def task_file(request: pytest.FixtureRequest) -> Path:
    """Each task file."""
    path: Path = request.param
    return path


def tasks(items: Any) -> Iterator[dict[str, Any]]:
    """All tasks of a file, those in blocks too."""
    for item in items or []:
        yield item
        for part in ("block", "rescue", "always"):
            yield from tasks(item.get(part))


def test_role_has_meta(role: Path) -> None:
    """A role says what it is and which variables it takes."""
    assert (role / "meta" / "main.yml").is_file(), f"{name(role)}: meta/main.yml is missing"
    assert (role / "meta" / "argument_specs.yml").is_file(), f"{name(role)}: meta/argument_specs.yml is missing"


def test_defaults_are_the_documented_options(role: Path) -> None:
    """keys(defaults) == keys(argument_specs): nothing is undocumented, and nothing documented has no default."""
    file = role / "defaults" / "main.yml"
    defaults = set(load(file) or {}) if file.is_file() else set()
    specs = load(role / "meta" / "argument_specs.yml")["argument_specs"]
    options = {key for entry in specs.values() for key in entry.get("options") or {}}
    assert defaults == options, f"undocumented: {sorted(defaults - options)}; no default: {sorted(options - defaults)}"


def test_variables_carry_the_roles_name(role: Path) -> None:
    """<role>_x is public, __<role>_x private, platform_x belongs to the whole collection."""
    file = role / "defaults" / "main.yml"
    keys = load(file) or {} if file.is_file() else {}
    strangers = [key for key in keys if not key.startswith((f"{role.name}_", f"__{role.name}_", "platform_"))]
    assert not strangers, f"{name(file)}: {strangers} do not begin with {role.name}_"


def test_task_file_is_short(task_file: Path) -> None:
    """A task file fits a screen."""
    lines = len(task_file.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_TASK_FILE, f"{lines} lines; split it by what it does"


def test_tasks_hide_nothing(task_file: Path) -> None:
    """No shell and no ignored error: both hide what happened."""
    found = [(task.get("name"), sorted(FORBIDDEN & set(task))) for task in tasks(load(task_file))]
    assert not [(title, words) for title, words in found if words]
