"""The Makefile: a bare `make` says what there is, and no logic hides in it."""

from __future__ import annotations

import re
import subprocess

from tests.runner.stage import TREE

PROMISED = ["up", "down", "status", "doctor", "test", "lint", "bench-apply"]


def test_bare_make_lists_every_target() -> None:
    """One line of help for each."""
    listed = subprocess.run(["make"], cwd=TREE, capture_output=True, text=True, check=True).stdout
    for target in PROMISED:
        assert re.search(rf"^  make {target} +\S", listed, re.MULTILINE), target


def test_targets_only_name_things() -> None:
    """A recipe is one command."""
    text = (TREE / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    recipes = re.findall(r"^[a-z-]+:.*\n((?:\t.*\n)*)", text, re.MULTILINE)
    assert recipes
    assert all(len(recipe.splitlines()) <= 1 for recipe in recipes)
