"""Run `ansible-test sanity` on a copy of the collection, with no download but from the package index.

ansible-test wants to fetch get-pip.py from the internet; what it does, making pip available in a fresh virtual
environment, Python's own ensurepip does too. So a stand-in is laid where ansible-test keeps its download. ansible-test
also hides the caller's pip settings (certificates, mirrors); the stand-in hands them on.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.collection.copy import copy_collection
from tests.runner import junit
from tests.runner.stage import Case, cache_directory

STAND_IN = """\
import ensurepip, pathlib, subprocess, sys
pathlib.Path(sys.prefix, "pip.conf").write_text({settings!r})
ensurepip.bootstrap()
wanted = [word for word in sys.argv[1:] if not word.startswith("-")]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", "--quiet", *wanted]))
"""


def pip_settings() -> str:
    """The caller's pip settings, wherever they come from, as the text of a pip.conf."""
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    found = re.findall(r"^(?::env:|global)\.([\w-]+)='(.*)'$", listed.stdout, re.MULTILINE)
    return "\n".join(["[global]", *(f"{name} = {value}" for name, value in dict(found).items()), ""])


def pinned_pip() -> str:
    """The version of pip that this ansible-test asks for, which is part of its download's name."""
    from ansible_test._internal import python_requirements

    found = re.search(r"pip='([\d.]+)'", Path(python_requirements.__file__).read_text(encoding="utf-8"))
    if found is None:
        raise SystemExit(f"sanity: {python_requirements.__file__} no longer pins pip the way this script reads it")
    return found.group(1)


def cases(output: str) -> tuple[Case, ...]:
    """One case for each test that ansible-test named, failed ones with what they found."""
    failed = set(output.rpartition("sanity test(s) listed below")[2].split())
    found = []
    for part in output.split('Running sanity test "')[1:]:
        name, _, text = part.partition('"')
        problems = "; ".join(line for line in text.splitlines() if line.startswith("ERROR"))
        found.append(Case(name, "failed" if name in failed else "passed", 0, problems if name in failed else ""))
    return tuple(found)


def ansible_test(environment: dict[str, str]) -> tuple[str, int]:
    """Run it on a copy outside the tree, where it would honour .gitignore; return its output and exit code."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = ["ansible-test", "sanity", "--color", "no", "--python", version]
    lines = []
    with tempfile.TemporaryDirectory(prefix="sanity-") as folder:
        process = subprocess.Popen(
            command,
            cwd=copy_collection(Path(folder)),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
        return "".join(lines), process.wait()


def main() -> int:
    """Copy, prepare, run; a JUnit file goes to the folder named on the command line."""
    results = Path(sys.argv[1])
    home = cache_directory() / "ansible-test"
    stand_in = home / ".ansible" / "test" / "cache" / f"get_pip_{pinned_pip().replace('.', '_')}.py"
    stand_in.parent.mkdir(parents=True, exist_ok=True)
    stand_in.write_text(STAND_IN.format(settings=pip_settings()), encoding="utf-8")
    # Shims of Python version managers look for their versions in the home directory, and this one is not theirs.
    folders = [folder for folder in os.environ["PATH"].split(os.pathsep) if not folder.endswith("shims")]
    environment = {**os.environ, "HOME": str(home), "PATH": os.pathsep.join(folders)}
    output, code = ansible_test(environment)
    junit.write(results / "junit.xml", [("sanity", 0.0, cases(output))])
    return code


if __name__ == "__main__":
    sys.exit(main())
