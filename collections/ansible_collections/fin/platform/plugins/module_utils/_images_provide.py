# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide between pulling and building, and do it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._images_builder import Builder, Reference, upstream_answers
from ansible_collections.fin.platform.plugins.module_utils._images_definition import DefinitionError, Definitions, Image, load
from ansible_collections.fin.platform.plugins.module_utils._progress import Progress


@dataclass(frozen=True)
class Request:
    """The module's parameters; their documentation is there."""

    mode: str
    images: list[str]
    programs: list[str]
    definitions: Path
    services: Path | None
    cache: Path
    registry: str
    docker_host: str


def provide(request: Request, check: bool) -> dict[str, Any]:
    """Build what is missing and name everything that was wanted.

    :raises DefinitionError: a definition or a wanted name is wrong
    :raises CommandError: a build failed
    """
    definitions = load(request.definitions / "programs", request.definitions / "images", request.services)
    programs = [_program(definitions, name) for name in request.programs]
    images = {image.name: image for image in definitions.order(request.images)}
    mode, reason = _decide(request.mode, [images[name] for name in request.images])
    pulled = {name: _upstream(images[name]) for name in request.images if mode == "pull" and images[name].upstream}
    builder = Builder(request.cache, definitions, request.registry, request.docker_host)

    found: dict[str, Reference] = {}
    missing: list[Image] = []
    for name in request.images:
        if name not in pulled:
            reference = builder.find(images[name])
            if reference is None:
                missing.append(images[name])
            else:
                found[name] = reference
    to_build = [i for i in definitions.order([i.name for i in missing]) if i in missing or builder.find(i) is None]
    wanted = [*programs, *(program for image in to_build for program in image.programs)]
    groups = builder.programs.missing(wanted)
    built = [*(f"{group}/{output}" for group, outputs in groups.items() for output in outputs), *(i.name for i in to_build)]
    if not check and built:
        progress = Progress(request.cache, len(groups) + len(to_build))
        builder.programs.build(wanted, progress)
        for image in to_build:
            found[image.name] = builder.build(image, progress)
    references = {**pulled, **{name: found.get(name) or builder.reference(images[name]) for name in request.images if name not in pulled}}
    return {
        "changed": bool(built),
        "built": built,
        "mode": mode,
        "reason": reason,
        "images": {name: reference.facts() for name, reference in references.items()},
        "programs": {f"{group}/{output}": str(builder.programs.path(group, output)) for group, output in programs},
    }


def _program(definitions: Definitions, name: str) -> tuple[str, str]:
    group, _sep, output = name.partition("/")
    if group not in definitions.programs or output not in definitions.programs[group].outputs:
        raise DefinitionError(f"program {name!r} is wanted but not defined")
    return group, output


def _decide(mode: str, images: list[Image]) -> tuple[str, str]:
    published = [image for image in images if image.upstream]
    if mode != "auto" or not published:
        return ("build" if mode == "auto" else mode), f"platform.images is {mode}"
    first = published[0]
    assert first.upstream is not None
    if upstream_answers(first):
        return "pull", f"the registry of {first.upstream['repository']} answers"
    return "build", f"the registry of {first.upstream['repository']} does not answer"


def _upstream(image: Image) -> Reference:
    assert image.upstream is not None
    return Reference(image.upstream["repository"], image.upstream["tag"], image.upstream.get("digest", ""))
