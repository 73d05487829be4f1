# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every rule with an environment that breaks it, and one that keeps it: a file each in fixtures/rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.fin.platform.plugins.module_utils._plan import PlanError
from ansible_collections.fin.platform.tests.unit.planning import FIXTURES, plan, read

RULES = sorted((FIXTURES / "rules").glob("*.yml"))


@pytest.fixture(params=RULES, ids=lambda path: path.stem)
def rule(request: pytest.FixtureRequest) -> Any:
    """One rule's fixture."""
    return read(request.param)


def test_broken_rule_is_refused(rule: Any, tmp_path: Path) -> None:
    """All mistakes, and no others, each with its file, its key and what to do."""
    with pytest.raises(PlanError) as raised:
        plan(tmp_path, rule["invalid"])
    found = [str(problem).removeprefix(f"{tmp_path}/") for problem in raised.value.problems]
    expected = sorted(rule["problems"])
    assert len(found) == len(expected), "\n".join(sorted(found))
    for line, wanted in zip(sorted(found), expected, strict=True):
        assert line.startswith(wanted), f"\n   found: {line}\nexpected: {wanted}"


def test_kept_rule_is_planned(rule: Any, tmp_path: Path) -> None:
    """The environment that keeps the rule has a plan."""
    assert plan(tmp_path, rule["valid"])["digest"].startswith("sha256:")
