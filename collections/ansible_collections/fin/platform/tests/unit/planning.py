# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for tests: a valid environment, and what a test changes in it."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.fin.platform.plugins.module_utils import _plan

FIXTURES = Path(__file__).parent / "fixtures"
SPEC_FILE = "spec.yml"


def changed(base: Any, patch: Any) -> Any:
    """`base` with `patch` laid over it; a key whose patch is null is removed."""
    if not isinstance(base, dict) or not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = copy.deepcopy(base)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = changed(result.get(key), value)
    return result


def read(path: Path) -> Any:
    """A YAML file's content."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def plan(folder: Path, patch: dict[str, Any] | None = None) -> dict[str, Any]:
    """The plan of the valid environment with a patch `{spec, catalogue, services, text}` laid over it.

    `text` replaces whole files, for what a patch of data cannot express.
    """
    patch = patch or {}
    for kind, file in (("catalogue", "component.yml"), ("services", "service.yml")):
        shutil.copytree(FIXTURES / kind, folder / kind, dirs_exist_ok=True)
        for name, part in patch.get(kind, {}).items():
            path = folder / kind / name / file
            if part is None:
                shutil.rmtree(path.parent)
                continue
            path.parent.mkdir(exist_ok=True)
            (path.parent / "values.yml").touch()
            path.write_text(yaml.safe_dump(changed(read(path) if path.exists() else {}, part)), encoding="utf-8")
    for name, text in patch.get("text", {}).items():
        (folder / name).write_text(text, encoding="utf-8")
    spec = changed(read(FIXTURES / "spec.yml"), patch.get("spec", {}))
    sources = [{"file": SPEC_FILE, "data": spec}]
    return _plan.make(spec, sources, folder / "catalogue", folder / "services")


def images(plan_: dict[str, Any]) -> dict[str, dict[str, str]]:
    """A reference for every image of a plan."""
    return {name: {"ref": f"registry.example.org/fin/{name}@sha256:{'0' * 64}"} for name in plan_["images"]}


def only(objects: list[dict[str, Any]], kind: str, name: str, namespace: str | None = None) -> dict[str, Any]:
    """The one object of a kind and name."""
    found = [o for o in objects if o["kind"] == kind and o["metadata"]["name"] == name]
    found = [o for o in found if namespace in (None, o["metadata"].get("namespace"))]
    assert len(found) == 1, f"{len(found)} objects {kind} {name}"
    return found[0]
