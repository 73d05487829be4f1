"""A converged platform: a second run and check mode change nothing."""

from __future__ import annotations

from pathlib import Path

from tests.resilience import playbook

LONGEST_SECOND_RUN = 45.0


def test_check_mode_changes_nothing(tmp_path: Path) -> None:
    """Check mode succeeds and foresees no change."""
    done = playbook.run("--check", log=tmp_path / "check.log").succeeded()
    assert done.changed == 0, changed_lines(done.output)


def test_second_run_changes_nothing_and_is_quick(tmp_path: Path) -> None:
    """Nothing to do is found out within the promised time."""
    done = playbook.run(log=tmp_path / "second.log").succeeded()
    assert done.changed == 0, changed_lines(done.output)
    assert done.seconds <= LONGEST_SECOND_RUN, f"{done.seconds:.0f} s:\n{done.output[-3000:]}"


def changed_lines(output: str) -> str:
    """The tasks that changed something, with their names."""
    found, task = [], ""
    for line in output.splitlines():
        if line.startswith("TASK"):
            task = line
        elif line.startswith("changed:"):
            found.append(f"{task} {line}")
    return "\n".join(found)
