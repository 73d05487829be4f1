# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small schema language: unknown keys, types and ranges, with all mistakes reported at once and a hint for each.

Written by hand because what users need most, "did you mean" and the file a key comes from, no schema library gives,
and because the collection then needs nothing on the controller but PyYAML.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Path = tuple[str, ...]


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake: where it is, what is wrong, and what to do."""

    file: str
    key: str
    problem: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.key or '(whole file)'}: {self.problem}" + (f" ({self.hint})" if self.hint else "")


class Report:
    """Collects the mistakes found in one file, or in one value that came from several."""

    def __init__(self, problems: list[Problem], file_of: Callable[[Path], str]) -> None:
        self.problems, self.file_of = problems, file_of
        self.broken: set[str] = set()

    def add(self, path: Path, problem: str, hint: str = "", usable: bool = False) -> None:
        """Note a mistake; unless the value is `usable` in spite of it, rules that build on its section are not tried."""
        self.problems.append(Problem(self.file_of(path), dotted(path), problem, hint))
        if not usable:
            self.broken.add(path[0] if path else "")

    def sound(self, *sections: str) -> bool:
        """Whether these top-level sections can be worked with; all of them when none is named."""
        return not self.broken if not sections else not self.broken & {"", *sections}


class Rule(Protocol):
    """Checks a value and returns it with its defaults filled in."""

    def check(self, value: Any, path: Path, report: Report) -> Any: ...


@dataclass(frozen=True)
class Text:
    """A string; `pattern` must match all of it, and `meaning` says in words what that is."""

    pattern: str = ""
    meaning: str = ""

    def check(self, value: Any, path: Path, report: Report) -> Any:
        if not isinstance(value, str):
            report.add(path, f"is {kind(value)} where text is wanted", self.meaning)
        elif self.pattern and not re.fullmatch(self.pattern, value):
            report.add(path, f"{value!r} is not {self.meaning}")
        return value


@dataclass(frozen=True)
class Network:
    """An IPv4 network, written with its length."""

    meaning: str = "a network such as 10.0.0.0/16"

    def check(self, value: Any, path: Path, report: Report) -> Any:
        try:
            found = ipaddress.IPv4Network(str(value), strict=False)
        except ValueError:
            found = None
        if found is None or "/" not in str(value):
            report.add(path, f"{value!r} is not {self.meaning}")
        elif str(found) != value:
            report.add(path, f"{value!r} is not {self.meaning}", f"{found} holds this address")
        return value


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def check(self, value: Any, path: Path, report: Report) -> Any:
        if value not in self.words:
            report.add(path, f"{value!r} is not one of {', '.join(self.words)}", closest(str(value), self.words))
        return value


@dataclass(frozen=True)
class Number:
    """A number between two limits, both included."""

    low: float
    high: float
    whole: bool = True

    def check(self, value: Any, path: Path, report: Report) -> Any:
        wanted = int if self.whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, wanted):
            report.add(path, f"is {kind(value)} where a {'whole ' if self.whole else ''}number is wanted")
        elif not self.low <= value <= self.high:
            report.add(path, f"{value} is out of range", f"from {self.low:g} to {self.high:g}")
        return value


@dataclass(frozen=True)
class Flag:
    """true or false."""

    def check(self, value: Any, path: Path, report: Report) -> Any:
        if not isinstance(value, bool):
            report.add(path, f"is {kind(value)} where true or false is wanted")
        return value


@dataclass(frozen=True)
class Anything:
    """A value that belongs to somebody else, such as a chart's values."""

    mapping: bool = False

    def check(self, value: Any, path: Path, report: Report) -> Any:
        if self.mapping and not isinstance(value, Mapping):
            report.add(path, f"is {kind(value)} where a mapping is wanted")
        return value


@dataclass(frozen=True)
class Items:
    """A list of different values."""

    rule: Rule
    least: int = 0

    def check(self, value: Any, path: Path, report: Report) -> Any:
        if not isinstance(value, list):
            report.add(path, f"is {kind(value)} where a list is wanted")
            return []
        if len(value) < self.least:
            report.add(path, f"has {len(value)} entries", f"at least {self.least}")
        repeated = {repr(item) for item in value if value.count(item) > 1}
        for item in sorted(repeated):
            report.add(path, f"holds {item} more than once", usable=True)
        return [self.rule.check(item, (*path, str(index)), report) for index, item in enumerate(value)]


@dataclass(frozen=True)
class Named:
    """A mapping from names to values of one kind."""

    rule: Rule
    pattern: str = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
    meaning: str = "a name of lower-case letters, digits and hyphens"

    def check(self, value: Any, path: Path, report: Report) -> Any:
        if not isinstance(value, Mapping):
            report.add(path, f"is {kind(value)} where a mapping is wanted")
            return {}
        for name in value:
            if not isinstance(name, str) or not re.fullmatch(self.pattern, name):
                report.add((*path, str(name)), f"{name!r} is not {self.meaning}")
        return {str(name): self.rule.check(item, (*path, str(name)), report) for name, item in value.items()}


@dataclass(frozen=True)
class Keys:
    """A mapping with known keys; those without a default in `defaults` and not in `optional` are required."""

    rules: Mapping[str, Rule]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()

    def check(self, value: Any, path: Path, report: Report) -> Any:
        if not isinstance(value, Mapping):
            report.add(path, f"is {kind(value)} where a mapping is wanted", f"keys: {', '.join(sorted(self.rules))}")
            return dict(self.defaults)
        for name in value:
            if name not in self.rules:
                hint = closest(str(name), self.rules) or f"known keys: {', '.join(sorted(self.rules))}"
                report.add((*path, str(name)), "is not a known key", hint, usable=True)
        result = {**self.defaults}
        for name, rule in self.rules.items():
            if name in value:
                result[name] = rule.check(value[name], (*path, name), report)
            elif name not in self.defaults and name not in self.optional:
                report.add((*path, name), "is missing", getattr(rule, "meaning", ""))
        return result


def closest(word: str, words: Collection[str]) -> str:
    """The hint "did you mean", or nothing where no known word is near."""
    found = difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)
    return f"did you mean {found[0]!r}?" if found else ""


def dotted(path: Path) -> str:
    """A path the way people write it: a.b[0].c"""
    text = ""
    for part in path:
        text += f"[{part}]" if part.isdigit() else f".{part}" if text else part
    return text


def kind(value: Any) -> str:
    """What a value is, in the words of YAML."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return f"{str(value).lower()}"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"{value!r}"
