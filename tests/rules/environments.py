"""Environments as Ansible sees them: their variables put together and templated, and planned with the real catalogue."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from tests.rules.files import COLLECTION
from tests.runner.stage import TREE

NAMES = sorted(path.parent.name for path in (TREE / "inventories").glob("*/hosts.yml"))
WORDS = ("platform", "platform_common", "platform_environment", "platform_sources")


@dataclass(frozen=True)
class Environment:
    """An environment's variables: the whole specification, and the two parts that it is made of."""

    name: str
    spec: dict[str, Any]
    common: dict[str, Any]
    own: dict[str, Any]
    sources: list[dict[str, Any]]


def collection(name: str) -> ModuleType:
    """A module of the collection below `ansible_collections.fin.platform`."""
    if str(TREE / "collections") not in sys.path:
        sys.path.append(str(TREE / "collections"))
    return importlib.import_module(f"ansible_collections.fin.platform.{name}")


@cache
def environment(name: str) -> Environment:
    """One inventory's variables."""
    return Environment(name, *(_variables()[name][word] for word in WORDS))


@cache
def plan(name: str) -> dict[str, Any]:
    """An environment's plan, with the real catalogue and the real services."""
    wanted = environment(name)
    catalogue = COLLECTION / "roles" / "component" / "files" / "catalogue"
    made: dict[str, Any] = collection("plugins.module_utils._plan").make(
        wanted.spec, wanted.sources, catalogue, TREE / "services"
    )
    return made


@cache
def _variables() -> dict[str, dict[str, Any]]:
    """All inventories' variables, from a process of its own: Ansible's way to import collections shuts out Python's."""
    command = [sys.executable, "-m", "tests.rules.environments"]
    done = subprocess.run(command, cwd=TREE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return found


def _templated(name: str) -> dict[str, Any]:
    """One inventory's variables, by Ansible itself."""
    from ansible.inventory.manager import InventoryManager
    from ansible.parsing.dataloader import DataLoader
    from ansible.template import Templar
    from ansible.vars.manager import VariableManager

    loader = DataLoader()
    inventory = InventoryManager(loader, [str(TREE / "inventories" / name)])
    variables = VariableManager(loader, inventory).get_vars(host=inventory.get_host(name))
    templar = Templar(loader, variables={**variables, "inventory_dir": str(TREE / "inventories" / name)})
    return {word: templar.template(variables[word]) for word in WORDS}


if __name__ == "__main__":
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader([str(TREE / "collections")])
    print(json.dumps({name: _templated(name) for name in NAMES}))
