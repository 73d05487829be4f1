# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be built: program groups (Go modules) and images, read from their folders.

A program group is a folder with ``go.mod``, ``go.sum`` and ``build.yml``; an image is a folder with ``image.yml``
and, unless it holds nothing but programs, a ``Containerfile``. Every definition has a key made of its
contents: what has a key already in the cache is never built again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

try:
    import yaml
except ImportError:  # the module's shell reports it
    yaml = None  # type: ignore[assignment]

PROGRAM_KEYS = {"packages", "tests", "c", "charts", "files", "variables", "tags", "cgo"}
IMAGE_KEYS = {"upstream", "repository", "tag", "base", "rootfs", "programs", "files", "links", "preload", "push"}
ROOTFS_KEYS = {"packages", "variant"}


class DefinitionError(Exception):
    """A definition is wrong; the message lists every mistake found, one a line."""


@dataclass(frozen=True)
class ProgramGroup:
    """One group of programs that share a ``go.mod``."""

    name: str
    path: Path
    packages: dict[str, str]
    tests: dict[str, str]
    c: dict[str, dict[str, str]]
    charts: dict[str, dict[str, dict[str, str]]]
    files: dict[str, dict[str, str]]
    variables: dict[str, dict[str, str]]
    tags: tuple[str, ...]
    cgo: tuple[str, ...]
    key: str

    def folder(self, output: str) -> str:
        """Where an output is kept; a chart of ours has its own contents in the name, and changes no program."""
        if output not in self.charts:
            return f"{self.name}-{self.key}"
        return f"{self.name}-{self.key}-{tree_digest(self.path / output)[:8]}"

    @property
    def outputs(self) -> set[str]:
        return {*self.packages, *self.tests, *self.c, *self.charts, *self.files}


@dataclass(frozen=True)
class Image:
    """One image: where upstream publishes it, and what it is built from here."""

    name: str
    path: Path
    repository: str
    tag: str
    upstream: dict[str, str] | None
    base: str | None
    rootfs: dict[str, Any] | None
    programs: tuple[tuple[str, str], ...]
    files: dict[str, Path]
    links: dict[str, dict[str, str]]
    preload: tuple[str, ...]
    push: bool
    args: dict[str, str] = field(default_factory=dict)
    containerfile: Path | None = None
    lock: Path | None = None


@dataclass(frozen=True)
class Definitions:
    programs: dict[str, ProgramGroup]
    images: dict[str, Image]

    def order(self, names: list[str]) -> list[Image]:
        """The named images and all they are built on, each after what it needs."""
        done: dict[str, Image] = {}

        def visit(name: str, trail: tuple[str, ...]) -> None:
            if name in done:
                return
            if name in trail:
                raise DefinitionError(f"images are built on each other in a circle: {' -> '.join((*trail, name))}")
            image = self.images.get(name)
            if image is None:
                raise DefinitionError(
                    f"image {name!r} is wanted but not defined; there are {', '.join(sorted(self.images))}"
                )
            for need in (*((image.base,) if image.base else ()), *image.preload):
                visit(need, (*trail, name))
            done[name] = image

        for name in names:
            visit(name, ())
        return list(done.values())

    def image_key(self, image: Image) -> str:
        """The content key (12 hex digits) of an image and all it is built from."""
        digest = hashlib.sha256()
        digest.update(
            json.dumps(
                [image.name, image.repository, image.tag, image.rootfs, image.links, image.args], sort_keys=True
            ).encode()
        )
        for path in (image.containerfile, image.lock):
            if path is not None:
                digest.update(path.read_bytes())
        for need in (*((image.base,) if image.base else ()), *image.preload):
            digest.update(self.image_key(self.images[need]).encode())
        for group, output in image.programs:
            digest.update(f"{self.programs[group].key}/{output}".encode())
        for target in sorted(image.files):
            digest.update(target.encode())
            digest.update(tree_digest(image.files[target]).encode())
        return digest.hexdigest()[:12]


def tree_digest(path: Path) -> str:
    """SHA-256 over names, modes and contents of a file or folder, without Python's caches and tests."""
    digest = hashlib.sha256()
    entries = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file() and not ignored(p, path))
    for entry in entries:
        digest.update(f"{entry.relative_to(path)}\0{entry.stat().st_mode & 0o111:o}\0".encode())
        digest.update(entry.read_bytes())
    return digest.hexdigest()


def ignored(path: Path, root: Path) -> bool:
    """Whether a file has no place in an image: caches and tests."""
    return any(
        part in ("__pycache__", "tests", ".pytest_cache", ".mypy_cache", ".ruff_cache")
        for part in path.relative_to(root).parts
    )


def load(programs: Path, images: Path, services: Path | None) -> Definitions:
    """Read all definitions.

    :param programs: folder of program groups
    :param images: folder of images
    :param services: folder of services; each with a ``service.yml`` is built by ``services/Containerfile``
    :raises DefinitionError: naming every wrong file and key
    """
    errors: list[str] = []
    groups = {p.parent.name: _group(p, errors) for p in sorted(programs.glob("*/build.yml"))}
    found = {p.parent.name: _image(p, groups, errors) for p in sorted(images.glob("*/image.yml"))}
    for declaration in sorted(services.glob("*/service.yml")) if services else ():
        name = declaration.parent.name
        if name in found:
            errors.append(f"{declaration}: an image is already called {name!r}")
        found[name] = _service(declaration.parent)
    if errors:
        raise DefinitionError("\n".join(errors))
    return Definitions(groups, found)


def _read(path: Path, allowed: set[str], errors: list[str]) -> dict[str, Any]:
    data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    errors.extend(
        f"{path}: unknown key {key!r}; known are {', '.join(sorted(allowed))}" for key in sorted(set(data) - allowed)
    )
    return dict(data)


def _group(path: Path, errors: list[str]) -> ProgramGroup:
    data = _read(path, PROGRAM_KEYS, errors)
    digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode())
    for name in ("go.mod", "go.sum"):
        file = path.parent / name
        if file.exists():
            digest.update(file.read_bytes())
        else:
            errors.append(f"{file}: missing; the group cannot be built without its pins and checksums")
    return ProgramGroup(
        name=path.parent.name,
        path=path.parent,
        packages=data.get("packages", {}),
        tests=data.get("tests", {}),
        c=data.get("c", {}),
        charts=data.get("charts", {}),
        files=data.get("files", {}),
        variables=data.get("variables", {}),
        tags=tuple(data.get("tags", ())),
        cgo=tuple(data.get("cgo", ())),
        key=digest.hexdigest()[:12],
    )


def _image(path: Path, groups: dict[str, ProgramGroup], errors: list[str]) -> Image:
    data = _read(path, IMAGE_KEYS, errors)
    rootfs = data.get("rootfs")
    if rootfs is not None:
        errors.extend(f"{path}: rootfs: unknown key {key!r}" for key in sorted(set(rootfs) - ROOTFS_KEYS))
    programs: list[tuple[str, str]] = []
    for group, outputs in (data.get("programs") or {}).items():
        known = groups[group].outputs if group in groups else set()
        errors.extend(f"{path}: programs: {group}/{o} is not defined" for o in outputs if o not in known)
        programs.extend((group, output) for output in outputs)
    containerfile = path.parent / "Containerfile"
    if not containerfile.exists() and (rootfs is not None or not programs):
        errors.append(f"{containerfile}: missing; only an image of programs alone needs none")
    upstream = data.get("upstream")
    return Image(
        name=path.parent.name,
        path=path.parent,
        repository=data.get("repository")
        or (upstream or {}).get("repository", f"fin/{path.parent.name}").split("/", 1)[1],
        tag=str(data.get("tag") or (upstream or {}).get("tag", "local")),
        upstream=upstream,
        base=data.get("base"),
        rootfs=rootfs,
        programs=tuple(programs),
        files={target: path.parent / source for target, source in (data.get("files") or {}).items()},
        links=data.get("links") or {},
        preload=tuple(data.get("preload", ())),
        push=bool(data.get("push", True)),
        containerfile=containerfile if containerfile.exists() else None,
    )


def _service(path: Path) -> Image:
    services = path.parent
    return Image(
        name=path.name,
        path=path,
        repository=f"fin/{path.name}",
        tag="local",
        upstream=None,
        base="python",
        rootfs=None,
        programs=(),
        files={"chassis": services / "chassis", path.name: path},
        links={},
        preload=(),
        push=True,
        args={"SERVICE": path.name},
        containerfile=services / "Containerfile",
        lock=services / "requirements.lock",
    )
