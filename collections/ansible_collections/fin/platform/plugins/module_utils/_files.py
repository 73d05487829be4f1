# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading declarations: a folder of folders, each with one YAML file."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._schema import Problem, Report, Rule

# Why PyYAML cannot be used, for the module's shell to report.
YAML_MISSING: str | None = None
try:
    import yaml
except ImportError:
    YAML_MISSING = traceback.format_exc()


class RepeatedKey(ValueError):
    """A mapping states a key twice, of which YAML would silently keep the last."""


@dataclass(frozen=True)
class Declaration:
    """One file's content, with its defaults filled in, and the report that further rules add their findings to."""

    name: str
    folder: Path
    data: dict[str, Any]
    report: Report


def read_declarations(folder: Path, file: str, rule: Rule, problems: list[Problem]) -> dict[str, Declaration]:
    """Every `folder`/<name>/`file` by name, checked by `rule`."""
    found = {}
    if not folder.is_dir():
        problems.append(Problem(str(folder), "", "there is no such folder", "check the module's parameters"))
    for path in sorted(folder.glob(f"*/{file}")):
        report = Report(problems, partial(_same, str(path)))
        data: Any = {}
        try:
            data = rule.check(load(path.read_text(encoding="utf-8")), (), report)
        except (yaml.YAMLError, RepeatedKey) as e:
            report.add((), f"cannot be read as YAML: {' '.join(str(e).split())}")
        found[path.parent.name] = Declaration(path.parent.name, path.parent, data, report)
    return found


def _same(file: str, _path: tuple[str, ...]) -> str:
    return file


def load(text: str) -> Any:
    """YAML's content, with repeated keys refused.

    :raises RepeatedKey: a mapping states a key twice
    :raises yaml.YAMLError: it is not YAML
    """
    _refuse_repeated(yaml.compose(text, Loader=yaml.SafeLoader))
    return yaml.safe_load(text)


def _refuse_repeated(node: Any) -> None:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                raise RepeatedKey(f"key {key.value!r} is stated twice, again in line {key.start_mark.line + 1}")
            seen.add(key.value)
            _refuse_repeated(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeated(item)
