"""Run every test, cheapest first, within a time budget, and say by name what failed and what was left out.

FIN_PLATFORM_TEST_MINUTES sets the budget (75). A stage that no longer fits, or that needs one that failed, is left out.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time

from tests.runner import execute, junit
from tests.runner.report import closing
from tests.runner.stage import RESULTS, TREE, Case, Outcome, Stage
from tests.runner.stages import STAGES

BUDGET_MINUTES = 75.0


class Run:
    """The stages chosen, the clock, and what came of each."""

    def __init__(self, stages: list[Stage], budget: float) -> None:
        self.stages, self.budget, self.began = stages, budget, time.monotonic()
        self.outcomes: dict[str, Outcome] = {}

    def left(self, stage: Stage) -> float:
        """Seconds that a stage may use: what is left, less what the teardown stages that follow will need."""
        later = self.stages[self.stages.index(stage) + 1 :]
        reserved = sum(other.seconds for other in later if other.teardown)
        return self.budget - (time.monotonic() - self.began) - reserved

    def obstacle(self, stage: Stage) -> str:
        """Why a stage cannot run now, or nothing."""
        chosen = {other.name for other in self.stages}
        for name in stage.needs:
            if name not in chosen:
                continue
            outcome = self.outcomes[name]
            started = outcome.state != "left out"
            if not (started if stage.teardown else outcome.state == "passed"):
                return f"needs '{name}', which {'was left out' if not started else 'failed'}"
        left = self.left(stage)
        if not stage.teardown and stage.seconds > left:
            return f"takes about {stage.seconds} s and only {max(left, 0):.0f} s of the budget are left"
        return ""

    def everything(self) -> None:
        """Run the stages in order."""
        for number, stage in enumerate(self.stages, 1):
            label = f"stage {number}/{len(self.stages)} [{time.monotonic() - self.began:.0f} s]"
            reason = self.obstacle(stage)
            if reason:
                print(f"{label} {stage.name}: left out: {reason}", flush=True)
                case = Case(stage.name, "skipped", 0, reason)
                self.outcomes[stage.name] = Outcome(stage, "left out", 0, (case,), reason)
            else:
                limit = max(self.left(stage), stage.seconds * 3.0) if stage.teardown else self.left(stage)
                self.outcomes[stage.name] = execute.run(stage, label, limit)


def selected(wanted: list[str]) -> list[Stage]:
    """The stages of these groups or names, in order; all of them when none is named."""
    known = {stage.name for stage in STAGES} | {stage.group for stage in STAGES}
    for name in wanted:
        if name not in known:
            sys.exit(f"tests: no stage or group is called '{name}'. There are: {', '.join(sorted(known))}")
    return [stage for stage in STAGES if not wanted or stage.name in wanted or stage.group in wanted]


def main() -> int:
    """Run, then say what came of it; the last line counts the tests."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="a stage or group (may be repeated)"
    )
    parser.add_argument("--list", action="store_true", help="list the stages and run none")
    options = parser.parse_args()
    stages = selected(options.only)
    if options.list:
        for stage in stages:
            print(f"{stage.group:8} {stage.seconds:5d} s  {stage.name}")
        return 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    run = Run(stages, 60 * float(os.environ.get("FIN_PLATFORM_TEST_MINUTES") or BUDGET_MINUTES))
    interrupted = False
    try:
        run.everything()
    except KeyboardInterrupt:
        interrupted = True
    outcomes = list(run.outcomes.values())
    junit.write(RESULTS / "junit.xml", [(outcome.stage.name, outcome.seconds, outcome.cases) for outcome in outcomes])
    print(f"\nlogs: {RESULTS.relative_to(TREE)}/*/output.log, results: {RESULTS.relative_to(TREE)}/junit.xml")
    return closing(outcomes, [stage for stage in stages if stage.name not in run.outcomes], interrupted)


if __name__ == "__main__":
    sys.exit(main())
