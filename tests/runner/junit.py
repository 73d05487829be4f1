"""JUnit XML: read what the tools write, write one file for all."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.runner.stage import Case


def read(file: Path) -> list[Case]:
    """The test cases of one JUnit file.

    Raises:
        ValueError: the file is not XML, as when its writer was killed.
    """
    try:
        root = ET.parse(file).getroot()
    except ET.ParseError as error:
        raise ValueError(f"{file} is not valid XML ({error}); was its writer killed?") from error
    return [_case(element) for element in root.iter("testcase") if not _unselected(element)]


def _case(element: ET.Element) -> Case:
    """One test case element, whichever tool wrote it."""
    name = "::".join(part for part in (element.get("classname"), element.get("name")) if part)
    seconds = float(element.get("time") or 0)
    for tag in ("failure", "error"):
        found = element.find(tag)
        if found is not None:
            return Case(name, "failed", seconds, (found.get("message") or found.text or "").strip())
    skipped = element.find("skipped")
    if skipped is not None:
        return Case(name, "skipped", seconds, (skipped.get("message") or skipped.text or "").strip())
    return Case(name, "passed", seconds)


def _unselected(element: ET.Element) -> bool:
    """Whether Ginkgo lists a test that its focus left out: thousands of them, which nobody asked for."""
    skipped = element.find("skipped")
    return skipped is not None and skipped.get("message") == "skipped" and element.get("status") == "skipped"


def write(file: Path, suites: Iterable[tuple[str, float, Sequence[Case]]]) -> None:
    """Write one file of suites: for each its name, seconds and tests."""
    root = ET.Element("testsuites")
    for name, seconds, cases in suites:
        suite = ET.SubElement(root, "testsuite", name=name, time=f"{seconds:.1f}", tests=str(len(cases)))
        suite.set("failures", str(sum(case.state == "failed" for case in cases)))
        suite.set("skipped", str(sum(case.state == "skipped" for case in cases)))
        for case in cases:
            element = ET.SubElement(suite, "testcase", classname=name, name=case.name, time=f"{case.seconds:.3f}")
            if case.state != "passed":
                tag = "failure" if case.state == "failed" else "skipped"
                ET.SubElement(element, tag, message=case.detail[:2000])
    file.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(root).write(file, encoding="unicode", xml_declaration=True)
