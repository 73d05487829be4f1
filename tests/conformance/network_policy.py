"""Run Kubernetes' own NetworkPolicy tests, one after the other, for as long as there is time.

What there was no time for is reported by name as skipped, never as passed.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.conformance import provide
from tests.runner import junit
from tests.runner.stage import Case

FOCUS = r"\[sig-network\] Netpol"
# SCTP needs a kernel module and a feature of the network that nobody has switched on.
SKIP = r"SCTP|\[Feature:Example\]"
LONGEST_TEST = 420
# What Cilium does not do, by its own word: these tests are run all the same, and where one of them fails, that is reported
# by name as skipped with the reason. None of the platform's own policies selects pods by address.
IDENTITY = "Cilium never matches pods by address, since who a pod is comes before where it is (cilium/cilium#9209)"
LIMITS = {
    "should allow egress access to server in CIDR block": IDENTITY,
    "should enforce except clause while egress access to server in CIDR block": IDENTITY,
    "should ensure an IP overlapping both IPBlock.CIDR and IPBlock.Except is allowed": IDENTITY,
}


@dataclass(frozen=True)
class Suite:
    """The suite's program and how to call it."""

    program: Path
    environment: dict[str, str]
    results: Path

    def ginkgo(self, name: str, *options: str, seconds: float) -> list[Case]:
        """One call; the tests that it ran. Its output goes to a file beside its report."""
        report = self.results / "ginkgo" / f"{name}.xml"
        command = [
            str(self.program),
            "--provider=skeleton",
            "--ginkgo.no-color",
            f"--ginkgo.junit-report={report}",
        ]
        command += ["--disable-log-dump", "--num-nodes=3", *options]
        try:
            with report.with_suffix(".log").open("wb") as log:
                subprocess.run(command, env=self.environment, stdout=log, stderr=log, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            return [Case(name, "failed", seconds, f"no end after {seconds:.0f} s")]
        if not report.is_file():
            return [Case(name, "failed", 0, "the suite ended without a report")]
        return [case for case in junit.read(report) if "[It]" in case.name and case.state != "skipped"]

    def tests(self) -> list[str]:
        """The names of all NetworkPolicy tests."""
        options = ["--ginkgo.dry-run", f"--ginkgo.focus={FOCUS}", f"--ginkgo.skip={SKIP}"]
        listed = [case.name.partition("[It] ")[2] for case in self.ginkgo("list", *options, seconds=120)]
        # A name in the report ends with its labels, which are no part of the text that a focus is compared with.
        return [name.rpartition(" [")[0] for name in listed]

    def run(self, number: int, name: str) -> Case:
        """Run one test."""
        limit = next((reason for text, reason in LIMITS.items() if text in name), "")
        options = [f"--ginkgo.focus={re.escape(name)}"]
        if not limit:
            # As upstream's own runs do: its probes have short time-outs, and this is a small machine.
            options.append("--ginkgo.flake-attempts=2")
        found = self.ginkgo(f"{number:03d}", *options, seconds=LONGEST_TEST)
        if len(found) != 1:
            return Case(name, "failed", 0, f"{len(found)} tests ran instead of one")
        state, detail = found[0].state, found[0].detail
        if state == "failed" and limit:
            state, detail = "skipped", f"tried, and it failed as known: {limit}"
        return Case(name, state, found[0].seconds, detail)


def main() -> int:
    """List, run, report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("results", type=Path, help="folder for reports")
    parser.add_argument("--seconds", type=float, default=1500, help="the time there is")
    options = parser.parse_args()
    # What is under way at the end must still finish and be reported.
    ends = time.monotonic() + options.seconds - 60
    (options.results / "ginkgo").mkdir(parents=True, exist_ok=True)
    program, folder = provide.provide()
    suite = Suite(program, provide.environment(folder, options.results / "images.yaml"), options.results)
    names = suite.tests()
    cases: list[Case] = []
    slowest = 60.0
    for number, name in enumerate(names, 1):
        began = time.monotonic()
        if began + slowest > ends:
            cases.append(Case(name, "skipped", 0, "no time was left for it"))
        else:
            cases.append(suite.run(number, name))
            slowest = max(slowest, time.monotonic() - began)
            print(f"{number}/{len(names)} {cases[-1].state} in {time.monotonic() - began:.0f} s: {name}", flush=True)
        junit.write(options.results / "junit.xml", [("NetworkPolicy", 0.0, cases)])
    counts = {state: sum(case.state == state for case in cases) for state in ("passed", "failed", "skipped")}
    print(f"NetworkPolicy, upstream's own tests: {counts} of {len(names)}", flush=True)
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
