"""Have PostgreSQL's programs on this machine for the services' integration tests, which start servers of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAMS = Path("/usr/lib/postgresql")
PACKAGES = ("postgresql-15", "postgresql-client-15")


def main() -> int:
    """Nothing to do where there is one; Debian's package as root; else say what to do."""
    found = sorted(PROGRAMS.glob("*/bin/initdb"))
    if found or shutil.which("initdb"):
        print(f"PostgreSQL is there: {found or shutil.which('initdb')}")
        return 0
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print("PostgreSQL is missing. Install it (Debian: apt-get install postgresql) and run this again.")
        return 1
    # Debian's package would create and start a cluster; the tests want only the programs.
    Path("/etc/postgresql-common").mkdir(parents=True, exist_ok=True)
    settings = Path("/etc/postgresql-common/createcluster.conf")
    if not settings.exists():
        settings.write_text("create_main_cluster = false\n", encoding="utf-8")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold"]
    for command in (["apt-get", "update", "-q"], [*install, *PACKAGES]):
        if subprocess.run(command, env=environment, check=False).returncode != 0:
            print(f"{' '.join(command)} failed")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
