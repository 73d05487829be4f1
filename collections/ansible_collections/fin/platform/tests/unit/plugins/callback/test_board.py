# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The board and the progress lines."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ansible_collections.fin.platform.plugins.callback import board


def result(**values: Any) -> SimpleNamespace:
    return SimpleNamespace(_result=values)


def test_the_board_says_what_was_installed_changed_and_proved() -> None:
    callback = board.CallbackModule()
    callback.v2_playbook_on_play_start(SimpleNamespace(get_name=lambda: "Deploy the platform"))
    plan = {
        "environment": "local",
        "digest": "sha256:0123",
        "releases": [{"name": "cilium", "chart": {"version": "1"}}],
    }
    callback.v2_runner_on_ok(result(plan={**plan, "services": {"gateway": {}}}))
    callback.v2_runner_on_ok(result(changed=True, programs={}, mode="build", reason="none answers", built=["cilium"]))
    callback.v2_runner_on_ok(result(proofs=[{"claim": "a payment goes through", "seen": "25 cents"}]))
    callback._end_phase()
    text = "\n".join(callback._board())
    for expected in ("cilium 1", "gateway", "build: none answers; built now: cilium", "1 changed  Deploy the platform"):
        assert expected in text
    assert "a payment goes through: 25 cents" in text


def test_a_run_that_proves_nothing_says_so() -> None:
    callback = board.CallbackModule()
    callback.plan = {"environment": "local"}
    assert callback._board()[-1].endswith("nothing in this run")


def test_only_whole_lines_are_read_and_a_shorter_file_from_its_beginning(tmp_path: Path) -> None:
    file = tmp_path / "progress.jsonl"
    assert board._new_lines(file, 0) == ([], 0)
    file.write_text(json.dumps({"event": "start"}) + '\n{"event": "do', encoding="utf-8")
    lines, offset = board._new_lines(file, 0)
    assert [line["event"] for line in lines] == ["start"]
    file.write_text(json.dumps({"event": "done"}) + "\n", encoding="utf-8")
    assert board._new_lines(file, offset + 100)[0] == [{"event": "done"}]
