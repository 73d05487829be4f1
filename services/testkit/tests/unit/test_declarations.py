"""What a service declares is what its program uses."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from chassis.migrations import newest
from testkit.stack import NAMES, SERVICES

FRAMEWORKS = {
    "aiohttp",
    "alembic",
    "fastapi",
    "httpx",
    "psycopg",
    "psycopg_pool",
    "pydantic",
    "sqlalchemy",
    "starlette",
    "uvicorn",
}
PURE = {"chassis.money", "chassis.sensitive"}


def declaration(name: str) -> dict[str, Any]:
    """A service's service.yml."""
    found: dict[str, Any] = yaml.safe_load((SERVICES / name / "service.yml").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_calls_are_those_that_have_a_setting(name: str) -> None:
    """A call that is not declared has no network policy; one that is declared and not made should have none."""
    if not (SERVICES / name / "settings.py").exists():
        assert declaration(name).get("calls", []) == []
        return
    settings = importlib.import_module(f"{name}.settings").Settings
    assert sorted(declaration(name)["calls"]) == sorted(key.removesuffix("_url") for key in settings.model_fields)


@pytest.mark.parametrize("name", NAMES)
def test_databases_have_migrations(name: str) -> None:
    """And only they."""
    assert ("database" in declaration(name)) == (SERVICES / name / "migrations").is_dir()
    if "database" in declaration(name):
        assert newest(name) >= "0001"


@pytest.mark.parametrize(
    "path", sorted(SERVICES.glob("*/domain/*.py")), ids=lambda path: f"{path.parts[-3]}/{path.name}"
)
def test_domains_know_no_framework(path: Path) -> None:
    """Nor adapters, nor the web, nor other services."""
    service = path.parts[-3]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        else:
            continue
        for module in modules:
            top = module.partition(".")[0]
            assert top not in FRAMEWORKS
            assert top not in NAMES or module.startswith(f"{service}.domain")
            assert top != "chassis" or module in PURE


@pytest.mark.parametrize("path", sorted((SERVICES / "chassis").glob("*.py")), ids=lambda path: path.name)
def test_chassis_knows_no_service(path: Path) -> None:
    """It is what they have in common."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        node.module.partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module
    }
    assert not imported & set(NAMES)


def test_secrets_are_those_that_are_read() -> None:
    """In identity/app.py, by name."""
    text = (SERVICES / "identity" / "app.py").read_text(encoding="utf-8")
    assert all(f'secret("{name}")' in text for name in declaration("identity")["secrets"])
    assert text.count('.secret("') == len(declaration("identity")["secrets"])
