# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module as Ansible runs it: arguments in, one JSON answer out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.fin.platform.plugins.modules import plan as module
from ansible_collections.fin.platform.tests.unit.planning import FIXTURES, plan, read


def run(capsys: pytest.CaptureFixture[str], arguments: dict[str, Any]) -> dict[str, Any]:
    """The module's answer."""
    with patch_module_args(arguments), pytest.raises(SystemExit):
        module.main()
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


@pytest.fixture
def arguments(tmp_path: Path) -> dict[str, Any]:
    """What a role passes for the valid environment."""
    plan(tmp_path)
    spec = read(FIXTURES / "spec.yml")
    return {"spec": spec, "catalogue": str(tmp_path / "catalogue"), "services": str(tmp_path / "services")}


def test_plan_is_returned_and_nothing_changed(capsys: pytest.CaptureFixture[str], arguments: dict[str, Any]) -> None:
    """In check mode too."""
    answer = run(capsys, {**arguments, "_ansible_check_mode": True})
    assert answer["changed"] is False
    assert answer["plan"]["environment"] == "test"


def test_mistakes_are_returned_as_text_and_as_data(
    capsys: pytest.CaptureFixture[str], arguments: dict[str, Any]
) -> None:
    """For a person, and for a program."""
    arguments["spec"]["profil"] = "core"
    answer = run(capsys, {**arguments, "sources": [{"file": "a.yml", "data": {"profil": "core"}}]})
    assert answer["failed"] is True
    assert "nothing was changed" in answer["msg"]
    assert answer["problems"] == [
        {"file": "a.yml", "key": "profil", "problem": "is not a known key", "hint": "did you mean 'profile'?"}
    ]


def test_missing_folder_is_reported(capsys: pytest.CaptureFixture[str], arguments: dict[str, Any]) -> None:
    """An empty catalogue would otherwise look like one."""
    answer = run(capsys, {**arguments, "catalogue": "/nowhere"})
    assert "/nowhere: (whole file): there is no such folder" in answer["msg"]
