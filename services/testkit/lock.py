"""Resolve requirements into locks with checksums and without addresses: `python -m testkit.lock`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

SERVICES = Path(__file__).resolve().parents[1]
# Wheels for the images' Python; without markers, so that they are the same for every later Python.
OPTIONS = ["--python-version", "3.11", "--python-platform", "x86_64-manylinux_2_28", "--generate-hashes"]
OUTPUT = ["--no-header", "--no-emit-index-url", "--quiet"]
LOCKS = (
    (["requirements.in"], "requirements.lock"),
    (["requirements-test.in", "--constraint", "requirements.lock"], "requirements-test.lock"),
)


def main() -> int:
    """Use uv from a throw-away environment; the tests' lock holds what the images' does, and more."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        programs = Path(folder) / "bin"
        subprocess.run([programs / "pip", "install", "--quiet", "uv"], check=True)
        for inputs, lock in LOCKS:
            command = [str(programs / "uv"), "pip", "compile", *OPTIONS, *OUTPUT, *inputs, "-o", lock, *sys.argv[1:]]
            done = subprocess.run(command, cwd=SERVICES, check=False)
            if done.returncode != 0:
                return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
