"""The closing lines of a run."""

from __future__ import annotations

from collections.abc import Sequence

from tests.runner.stage import Outcome, Stage


def closing(outcomes: Sequence[Outcome], never: Sequence[Stage], interrupted: bool) -> int:
    """Print what was left out, what was skipped, what failed and the count; return the exit code.

    A run in which no test passed or failed has proved nothing, and fails.
    """
    cases = [(outcome, case) for outcome in outcomes for case in outcome.cases]
    left_out = [(outcome.stage.name, outcome.reason) for outcome in outcomes if outcome.state == "left out"]
    left_out += [(stage.name, "the run was interrupted") for stage in never]
    skipped = [
        (outcome.stage.name, case) for outcome, case in cases if case.state == "skipped" and outcome.state != "left out"
    ]
    failed = [(outcome.stage.name, case) for outcome, case in cases if case.state == "failed"]
    if left_out:
        print(f"\nleft out ({len(left_out)} stages):")
        for name, reason in left_out:
            print(f"  {name}: {reason}")
    if skipped:
        print(f"\nskipped ({len(skipped)} tests):")
        for name, case in skipped:
            print(f"  {name}: {case.name}: {_short(case.detail)}")
    if failed:
        print(f"\nfailed ({len(failed)} tests):")
        for name, case in failed:
            print(f"  {name}: {case.name}: {_short(case.detail)}")
    passed = sum(case.state == "passed" for _, case in cases)
    print(f"\n{passed} passed, {len(failed)} failed, {len(skipped) + len(left_out)} skipped", flush=True)
    return 1 if failed or interrupted or not passed else 0


def _short(detail: str) -> str:
    """The first lines of a detail on one line."""
    return " ".join(detail.split())[:300]
