"""The stages of `make test`, cheapest first. Estimates were measured on 2 shared cores."""

from __future__ import annotations

from tests.runner.stage import Stage, cache_directory

COLLECTION = "collections/ansible_collections/fin/platform"
PYTEST = ("python", "-m", "pytest", "--junitxml={results}/junit.xml")


def converge_seconds() -> int:
    """Building the platform takes minutes when its images are in the cache, and half an hour when they are not."""
    return 300 if any((cache_directory() / "images").glob("*")) else 2100


LINT = [
    Stage("format", "lint", ("ruff", "format", "--check", "."), 3),
    Stage("ruff", "lint", ("ruff", "check", "."), 3),
    Stage("rules of the tree", "lint", (*PYTEST, "-m", "not syntax", "tests/rules"), 10, junit="junit.xml"),
    Stage("yamllint", "lint", ("yamllint", "--strict", "."), 20),
    Stage("playbook syntax", "lint", (*PYTEST, "-m", "syntax", "tests/rules"), 60, junit="junit.xml"),
    Stage(
        "types: collection",
        "lint",
        ("mypy", "ansible_collections/fin/platform/plugins"),
        60,
        directory="collections",
        environment={"MYPYPATH": "."},
    ),
    Stage("types: tools", "lint", ("mypy", "tests", "bench", "roles/workstation/files/*.py"), 30),
    Stage("ansible-lint", "lint", ("ansible-lint", "--offline", "--profile", "production"), 60),
]

UNIT = [
    Stage(
        "collection units",
        "unit",
        (*PYTEST, "-p", "pytest_socket", "ansible_collections/fin/platform/tests/unit"),
        60,
        directory="collections",
        environment={"PYTHONPATH": "."},
        junit="junit.xml",
    ),
    Stage("ansible-test sanity", "unit", ("python", "-m", "tests.collection.sanity", "{results}"), 150, junit="*.xml"),
    Stage(
        "collection documentation",
        "unit",
        ("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--skip-rstcheck", COLLECTION),
        40,
    ),
    Stage("collection package", "unit", (*PYTEST, "tests/collection"), 20, junit="junit.xml"),
]

STAGES = [*LINT, *UNIT]
