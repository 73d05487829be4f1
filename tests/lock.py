"""Resolve requirements.in into requirements.lock for every supported Python, with checksums and without addresses."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

TREE = Path(__file__).resolve().parents[1]


def main() -> int:
    """Use uv from a throw-away environment: it is the only resolver that writes one lock for several Pythons."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        programs = Path(folder) / "bin"
        subprocess.run([programs / "pip", "install", "--quiet", "uv"], check=True)
        command = [
            str(programs / "uv"),
            "pip",
            "compile",
            "--universal",
            "--python-version",
            "3.11",
            "--generate-hashes",
        ]
        command += ["--no-header", "--no-emit-index-url", "--quiet", "requirements.in", "-o", "requirements.lock"]
        return subprocess.run([*command, *sys.argv[1:]], cwd=TREE, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
