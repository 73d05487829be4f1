"""The runner: budget, needs, counting, and what it takes for a run to be a success."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.run import Run
from tests.runner import stage as stages
from tests.runner.report import closing
from tests.runner.stage import Case, Outcome, Stage

PASSES = (sys.executable, "-c", "print('well')")
FAILS = (sys.executable, "-c", "print('badly'); raise SystemExit(3)")
JUNIT = "<testsuites><testsuite>{}</testsuite></testsuites>"


@pytest.fixture(autouse=True)
def _results_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep this run's logs apart from those of the run that runs this."""
    monkeypatch.setattr(stages, "RESULTS", stages.RESULTS / "tools-units" / "own")


def run(*chosen: Stage, budget: float = 60) -> Run:
    """Run stages."""
    made = Run(list(chosen), budget)
    made.everything()
    return made


def states(made: Run) -> dict[str, str]:
    """What came of each stage."""
    return {name: outcome.state for name, outcome in made.outcomes.items()}


def writes(text: str, code: int = 0) -> tuple[str, ...]:
    """A command that writes a JUnit file."""
    return (sys.executable, "-c", f"open('{{results}}/junit.xml', 'w').write({text!r}); raise SystemExit({code})")


def test_command_is_one_test() -> None:
    """A stage without JUnit counts as one test."""
    made = run(Stage("good", "lint", PASSES, 1), Stage("bad", "lint", FAILS, 1))
    assert states(made) == {"good": "passed", "bad": "failed"}
    assert "exit code 3; last line: badly" in made.outcomes["bad"].cases[0].detail


def test_goes_on_after_a_failure_where_it_can() -> None:
    """Only what needs the failed stage is left out."""
    made = run(
        Stage("bad", "lint", FAILS, 1),
        Stage("dependent", "lint", PASSES, 1, needs=("bad",)),
        Stage("independent", "lint", PASSES, 1),
    )
    assert states(made) == {"bad": "failed", "dependent": "left out", "independent": "passed"}
    assert made.outcomes["dependent"].reason == "needs 'bad', which failed"


def test_what_does_not_fit_the_budget_is_left_out_by_name() -> None:
    """A stage is not begun when its estimate exceeds what is left; a cheaper one after it is."""
    made = run(Stage("long", "cluster", PASSES, 1000), Stage("short", "cluster", PASSES, 1))
    assert states(made) == {"long": "left out", "short": "passed"}
    assert "takes about 1000 s" in made.outcomes["long"].reason


def test_teardown_has_time_of_its_own() -> None:
    """What teardown will need is nobody else's, and it runs after a failure."""
    made = run(
        Stage("make", "cluster", FAILS, 1),
        Stage("greedy", "cluster", PASSES, 40),
        Stage("remove", "cluster", PASSES, 30, needs=("make",), teardown=True),
    )
    assert states(made) == {"make": "failed", "greedy": "left out", "remove": "passed"}


def test_teardown_of_what_was_never_begun_is_left_out() -> None:
    """There is nothing to remove."""
    made = run(
        Stage("make", "cluster", PASSES, 1000), Stage("remove", "cluster", PASSES, 1, needs=("make",), teardown=True)
    )
    assert states(made) == {"make": "left out", "remove": "left out"}


def test_endless_command_is_ended() -> None:
    """The budget ends a stage, children and all."""
    endless = (sys.executable, "-c", "import time; time.sleep(600)")
    made = run(Stage("endless", "lint", endless, 1), budget=2)
    assert "was stopped after 2 s" in made.outcomes["endless"].cases[0].detail
    assert made.outcomes["endless"].seconds < 30


def test_tests_are_counted_from_junit() -> None:
    """Each test case counts, whatever the tool."""
    text = JUNIT.format('<testcase name="a"/><testcase name="b"><skipped message="why"/></testcase>')
    made = run(Stage("tests", "unit", writes(text), 1, junit="junit.xml"))
    assert [(case.name, case.state, case.detail) for case in made.outcomes["tests"].cases] == [
        ("a", "passed", ""),
        ("b", "skipped", "why"),
    ]


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        (JUNIT.format(""), 0, "no test ran"),
        ("<testsuites>", 0, "not valid XML"),
        (JUNIT.format('<testcase name="a"/>'), 2, "exit code 2"),
        (JUNIT.format('<testcase name="a"><failure message="because"/></testcase>'), 1, "because"),
    ],
    ids=["no test", "broken file", "bad end", "failure"],
)
def test_bad_end_is_never_a_success(text: str, code: int, reason: str) -> None:
    """No test, a broken report, a bad exit code: each is a failed test with its reason."""
    made = run(Stage("tests", "unit", writes(text, code), 1, junit="junit.xml"))
    assert made.outcomes["tests"].state == "failed"
    assert reason in made.outcomes["tests"].cases[-1].detail


@pytest.mark.parametrize(
    ("cases", "interrupted", "code"),
    [
        ((Case("a", "passed"),), False, 0),
        ((Case("a", "passed"), Case("b", "failed", 0, "why")), False, 1),
        ((Case("a", "skipped"),), False, 1),
        ((Case("a", "passed"),), True, 1),
    ],
    ids=["all well", "a failure", "nothing ran", "interrupted"],
)
def test_last_line_counts(
    cases: tuple[Case, ...], interrupted: bool, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line is the count; a run that proved nothing is no success."""
    outcome = Outcome(Stage("tests", "unit", PASSES, 1), "passed", 0, cases)
    assert closing([outcome], [], interrupted) == code
    counts = [sum(case.state == state for case in cases) for state in ("passed", "failed", "skipped")]
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == f"{counts[0]} passed, {counts[1]} failed, {counts[2]} skipped"


def test_stages_have_names_of_their_own(tmp_path: Path) -> None:
    """Names are what people ask for and where logs go; needs name stages that come before."""
    from tests.runner.stages import CLUSTER, FRESH, LINT, SERVICES, TEARDOWN, UNIT

    seen: list[str] = []
    for stage in [*LINT, *UNIT, *SERVICES, *FRESH, *CLUSTER, *TEARDOWN]:
        assert stage.results not in {tmp_path / name for name in seen}
        assert set(stage.needs) <= set(seen)
        seen.append(stage.name)
    assert len(seen) == len(set(seen))
