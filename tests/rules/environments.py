"""Environments as Ansible sees them: their variables put together and templated, and planned with the real catalogue."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar
from ansible.vars.manager import VariableManager

from tests.rules.files import COLLECTION
from tests.runner.stage import TREE

NAMES = sorted(path.parent.name for path in (TREE / "inventories").glob("*/hosts.yml"))


@dataclass(frozen=True)
class Environment:
    """An environment's variables: the whole specification, and the two parts that it is made of."""

    name: str
    spec: dict[str, Any]
    common: dict[str, Any]
    own: dict[str, Any]
    sources: list[dict[str, Any]]


@cache
def collection(name: str) -> ModuleType:
    """A module of the collection below `ansible_collections.fin.platform`."""
    _loader()
    return importlib.import_module(f"ansible_collections.fin.platform.{name}")


@cache
def environment(name: str) -> Environment:
    """One inventory's variables."""
    _loader()
    loader = DataLoader()
    inventory = InventoryManager(loader, [str(TREE / "inventories" / name)])
    host = inventory.get_host(name)
    variables = VariableManager(loader, inventory).get_vars(host=host)
    templar = Templar(loader, variables={**variables, "inventory_dir": str(TREE / "inventories" / name)})
    words = ("platform", "platform_common", "platform_environment", "platform_sources")
    found = {word: templar.template(variables[word]) for word in words}
    return Environment(name, *(found[word] for word in words))


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
def _loader() -> None:
    init_plugin_loader([str(TREE / "collections")])
