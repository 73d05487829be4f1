"""A copy of the collection in a place of its own, as ansible-test and ansible-galaxy want it."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.runner.stage import TREE

COLLECTION = TREE / "collections" / "ansible_collections" / "fin" / "platform"


def copy_collection(folder: Path) -> Path:
    """Copy the collection below `folder`/ansible_collections and return where it is."""
    target = folder / "ansible_collections" / "fin" / "platform"
    shutil.copytree(
        COLLECTION,
        target,
        symlinks=True,
        ignore=shutil.ignore_patterns("__pycache__", "output", "*.tar.gz", ".*_cache"),
    )
    return target
