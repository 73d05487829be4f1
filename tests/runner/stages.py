"""The stages of `make test`, cheapest first. Estimates were measured on 2 shared cores."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from tests.runner.stage import TREE, Stage, cache_directory

COLLECTION = "collections/ansible_collections/fin/platform"
PYTEST = ("python", "-m", "pytest", "--junitxml={results}/junit.xml")


RESILIENCE = (*PYTEST, "--capture=no")


def converge_seconds() -> int:
    """Building the platform takes minutes when its images are in the cache, and half an hour when they are not."""
    # Cilium's agent takes the compiler longest, and is built late.
    return 300 if list(cache_directory().glob("programs/cilium-*/cilium-agent")) else 2100


def keep_build_caches() -> dict[str, str]:
    """What upstream's tests are built from is mostly what Kubernetes was: compiled once for both, and forgotten by the latter."""
    built = list(cache_directory().glob("programs/kubernetes-*/e2e.test"))
    return {} if built else {"FIN_PLATFORM_KEEP_BUILD_CACHES": "1"}


def molecule(*words: str) -> tuple[str, ...]:
    """A molecule command on the default scenario."""
    return ("molecule", *words, "--scenario-name", "default")


def answers(kubeconfig: Path) -> bool:
    """Whether something listens where a kubeconfig says that the API server is."""
    if not kubeconfig.is_file():
        return False
    server = urlsplit(yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))["clusters"][0]["cluster"]["server"])
    try:
        socket.create_connection((server.hostname or "", server.port or 443), timeout=3).close()
    except OSError:
        return False
    return True


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
    Stage("tools: units", "unit", (*PYTEST, "tests/units"), 20, junit="junit.xml"),
    Stage(
        "collection units",
        "unit",
        (
            *PYTEST,
            "--disable-socket",
            "--allow-hosts=127.0.0.1",
            "--allow-unix-socket",
            "ansible_collections/fin/platform/tests/unit",
        ),
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

SERVICES = [
    Stage(
        "services: environment",
        "unit",
        (
            "python",
            "roles/workstation/files/environment.py",
            "--lock",
            "services/requirements-test.lock",
            "--link",
            ".venv-services",
        ),
        45,
    ),
    Stage(
        "services: types",
        "unit",
        ("mypy", "."),
        60,
        directory="services",
        needs=("services: environment",),
        virtualenv=".venv-services",
    ),
    Stage(
        "services: units",
        "unit",
        (*PYTEST, "--disable-socket", "--allow-unix-socket", "*/tests/unit"),
        60,
        directory="services",
        junit="junit.xml",
        needs=("services: environment",),
        virtualenv=".venv-services",
    ),
    Stage("services: PostgreSQL", "system", ("python", "-m", "tests.system.postgresql"), 40),
    Stage(
        "services: integration",
        "system",
        (*PYTEST, "*/tests/integration"),
        120,
        directory="services",
        junit="junit.xml",
        needs=("services: environment", "services: PostgreSQL"),
        virtualenv=".venv-services",
    ),
]

# A cluster that was there before this run is used, and left.
CLUSTER_WAS_THERE = answers(TREE / ".state" / "local" / "kubeconfig")

FRESH = [
    Stage("doctor", "cluster", ("python3", "roles/workstation/files/doctor.py"), 5),
    Stage("machine before", "cluster", ("python", "-m", "tests.teardown.machine"), 5),
    Stage(
        "check mode before the first run", "cluster", (*PYTEST, "tests/playbook/test_fresh.py"), 60, junit="junit.xml"
    ),
]

CLUSTER = [
    Stage(
        "killed in every phase",
        "cluster",
        (*RESILIENCE, "--timeout=2700", "tests/resilience/test_interruption.py"),
        lambda: converge_seconds() + 240,
        environment=keep_build_caches(),
        junit="junit.xml",
        needs=("doctor",),
    ),
    Stage(
        "converge",
        "cluster",
        molecule("converge"),
        converge_seconds,
        environment=keep_build_caches(),
        needs=("doctor",),
    ),
    Stage("idempotence", "cluster", molecule("idempotence"), 60, needs=("converge",)),
    Stage(
        "verify",
        "cluster",
        molecule("verify"),
        180,
        environment={"FIN_PLATFORM_TEST_RESULTS": "{results}"},
        junit="junit.xml",
        needs=("converge",),
    ),
    Stage(
        "check mode and second run",
        "cluster",
        (*PYTEST, "tests/playbook/test_converged.py"),
        120,
        junit="junit.xml",
        needs=("converge",),
    ),
    Stage("apply to an API server", "system", (*PYTEST, "tests/kube"), 120, junit="junit.xml", needs=("converge",)),
    Stage(
        "a hundred transfers at once",
        "cluster",
        (*RESILIENCE, "tests/resilience/test_transfers.py"),
        60,
        junit="junit.xml",
        needs=("converge",),
    ),
    Stage(
        "a node is lost",
        "cluster",
        (*RESILIENCE, "tests/resilience/test_node_loss.py"),
        400,
        junit="junit.xml",
        needs=("converge",),
    ),
    Stage(
        "NetworkPolicy, upstream's tests",
        "cluster",
        ("python", "-m", "tests.conformance.network_policy", "{results}", "--seconds", "{seconds}"),
        300,
        junit="junit.xml",
        needs=("converge",),
    ),
]

TEARDOWN = [
    Stage("last look", "cluster", ("python", "-m", "tests.live.diagnose"), 15, needs=("converge",), teardown=True),
    Stage("destroy", "cluster", molecule("destroy"), 60, needs=("converge",), teardown=True),
    Stage(
        "nothing is left",
        "cluster",
        (*PYTEST, "tests/teardown"),
        20,
        junit="junit.xml",
        needs=("destroy",),
        teardown=True,
    ),
]

STAGES = [*LINT, *UNIT, *SERVICES, *(CLUSTER if CLUSTER_WAS_THERE else [*FRESH, *CLUSTER, *TEARDOWN])]
