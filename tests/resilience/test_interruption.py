"""Kill the playbook in every phase; the next run goes on from there.

Run before the platform exists, each phase is killed while it does its real work; run afterwards, while it checks.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
import yaml

from tests.resilience import playbook
from tests.runner.stage import TREE

SECONDS_INTO_A_PHASE = 8.0


def phases() -> list[str]:
    """The plays of site.yml, by name, in order."""
    imports = yaml.safe_load((TREE / "playbooks" / "site.yml").read_text(encoding="utf-8"))
    files = [TREE / "playbooks" / item["ansible.builtin.import_playbook"] for item in imports]
    return [play["name"] for file in files for play in yaml.safe_load(file.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("phase", phases())
def test_killed_in(phase: str, tmp_path: Path) -> None:
    """Reach a phase, let it work for a few seconds, and pull the plug."""
    log = tmp_path / "run.log"
    reached: list[float] = []

    def deep_in(output: str) -> bool:
        _before, header, after = output.partition(f"PLAY [{phase}]")
        if header and not reached:
            reached.append(time.monotonic())
        # A phase that is over sooner is killed where it hands over to the next.
        return bool(reached) and (time.monotonic() - reached[0] > SECONDS_INTO_A_PHASE or "\nPLAY [" in after)

    killed = playbook.run_until(deep_in, log, seconds=2400)
    if not killed:
        output = log.read_text(encoding="utf-8", errors="replace")
        assert reached, f"the run ended before phase '{phase}':\n{output[-4000:]}"
        assert re.search(r"failed=0", output), f"the run ended by itself, badly:\n{output[-4000:]}"
