"""What the rules look at: the files of the tree that are committed or about to be."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.runner.stage import TREE

COLLECTION = TREE / "collections" / "ansible_collections" / "fin" / "platform"


@cache
def tree_files() -> tuple[Path, ...]:
    """Every file that git tracks or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=TREE, capture_output=True, text=True, check=True).stdout
    paths = (TREE / name for name in sorted(set(listed.split("\0"))) if name)
    return tuple(path for path in paths if path.is_file() and not path.is_symlink())


def python_files() -> list[Path]:
    """All Python source."""
    return [path for path in tree_files() if path.suffix == ".py"]


def roles() -> list[Path]:
    """The folders of all roles, this estate's and the collection's."""
    return sorted(path for base in (TREE / "roles", COLLECTION / "roles") for path in base.glob("*") if path.is_dir())


def task_files() -> list[Path]:
    """All task and handler files of all roles."""
    return sorted(path for role in roles() for kind in ("tasks", "handlers") for path in (role / kind).rglob("*.yml"))


def playbooks() -> list[Path]:
    """All playbooks, the collection's too."""
    folders = (TREE / "playbooks", COLLECTION / "playbooks")
    return [TREE / "site.yml", *sorted(path for folder in folders for path in folder.glob("*.yml"))]


def load(path: Path) -> Any:
    """A YAML file's content; tags that only Ansible knows are read as their plain value."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)


def name(path: Path) -> str:
    """A path as a test id."""
    return str(path.relative_to(TREE))


class _Loader(yaml.SafeLoader):
    """Safe loading that tolerates !vault and the like."""


_Loader.add_multi_constructor("!", lambda loader, _suffix, node: loader.construct_scalar(node))
