"""`make status`: the first thing that a person asks."""

from __future__ import annotations

import subprocess
import sys

import requests

from tests.live import cluster
from tests.runner.stage import TREE


def test_status_shows_what_there_is() -> None:
    """Nodes, services, and where to knock."""
    command = [sys.executable, str(TREE / "roles" / "workstation" / "files" / "status.py")]
    done = subprocess.run(command, cwd=TREE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for word in (*cluster.SERVICES, "Ready", str(cluster.KUBECONFIG), "8080"):
        assert word in done.stdout, f"{word} is not in:\n{done.stdout}"


def test_gateway_answers_where_status_says() -> None:
    """The promised address is open, and speaks the API's own error format."""
    answer = requests.get(cluster.gateway_url() + "/v1/accounts", timeout=10)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"].startswith("application/problem+json")
