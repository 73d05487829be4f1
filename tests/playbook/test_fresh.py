"""Check mode where there is nothing yet: it says what it would do, and does none of it."""

from __future__ import annotations

from pathlib import Path

from tests.live import cluster
from tests.resilience import playbook


def test_check_mode_succeeds_on_a_bare_machine(tmp_path: Path) -> None:
    """Check mode before the first run ends well and leaves no cluster."""
    there = cluster.KUBECONFIG.exists()
    playbook.run("--check", log=tmp_path / "check.log").succeeded()
    assert cluster.KUBECONFIG.exists() is there
