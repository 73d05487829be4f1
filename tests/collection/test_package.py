"""What Galaxy would hand out: it builds, installs, and every plugin in it is documented."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.collection.copy import copy_collection
from tests.runner.stage import TREE

KINDS = ("module", "filter", "callback")
LARGEST = 3_000_000


def ansible(*command: str, cwd: Path, collections: Path | None = None) -> str:
    """Run one of Ansible's programs away from this tree's settings."""
    environment = {name: value for name, value in os.environ.items() if name != "ANSIBLE_CONFIG"}
    if collections:
        environment["ANSIBLE_COLLECTIONS_PATH"] = str(collections)
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-2000:]}{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built archive."""
    folder = tmp_path_factory.mktemp("package")
    source = copy_collection(folder / "source")
    ansible("ansible-galaxy", "collection", "build", "--output-path", str(folder), cwd=source)
    return next(folder.glob("fin-platform-*.tar.gz"))


@pytest.fixture(scope="module")
def installed(package: Path) -> Path:
    """A folder of collections with ours installed from the archive, its dependencies being there already."""
    folder = package.parent / "installed"
    command = ["ansible-galaxy", "collection", "install", str(package), "--no-deps", "-p", str(folder)]
    ansible(*command, cwd=package.parent)
    return folder


def test_package_holds_what_it_should(package: Path) -> None:
    """No tests' output, no caches, and small enough to look at."""
    with tarfile.open(package) as archive:
        names = archive.getnames()
    assert "MANIFEST.json" in names
    assert "meta/runtime.yml" in names
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests/output")]
    assert package.stat().st_size < LARGEST


def test_dependencies_are_declared(package: Path) -> None:
    """Every other collection that roles use is a dependency, so that Galaxy brings it."""
    with tarfile.open(package) as archive:
        manifest = archive.extractfile("MANIFEST.json")
        assert manifest is not None
        declared = set(json.load(manifest)["collection_info"]["dependencies"])
    wanted = {
        line.split()[-1]
        for line in (TREE / "requirements.yml").read_text(encoding="utf-8").splitlines()
        if "name:" in line
    }
    assert declared <= wanted, f"not in requirements.yml: {sorted(declared - wanted)}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_plugin_is_documented(installed: Path, kind: str) -> None:
    """ansible-doc finds each plugin where it was installed, with documentation and examples."""
    folder = (
        installed / "ansible_collections" / "fin" / "platform" / "plugins" / ("modules" if kind == "module" else kind)
    )
    names = [path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")]
    assert names
    full = [f"fin.platform.{name}" for name in sorted(names)]
    if kind == "filter":
        listed = json.loads(
            ansible("ansible-doc", "-t", kind, "--list", "--json", "fin.platform", cwd=installed, collections=installed)
        )
        full = sorted(listed)
    documents = json.loads(ansible("ansible-doc", "-t", kind, "--json", *full, cwd=installed, collections=installed))
    assert full
    for name in full:
        assert documents[name]["doc"]["short_description"], name
        if kind != "callback":
            assert documents[name]["examples"], f"{name} has no examples"
