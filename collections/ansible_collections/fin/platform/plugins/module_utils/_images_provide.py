# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide between pulling and building, and do it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._images_builder import Builder, Reference, registry_answers
from ansible_collections.fin.platform.plugins.module_utils._images_definition import (
    DefinitionError,
    Definitions,
    Image,
    load,
)
from ansible_collections.fin.platform.plugins.module_utils._progress import Progress, alone


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
    with nullcontext() if check else alone(request.cache, "build"):
        return _provide(request, check)


def _provide(request: Request, check: bool) -> dict[str, Any]:
    definitions = load(request.definitions / "programs", request.definitions / "images", request.services)
    programs = [_program(definitions, name) for name in request.programs]
    images = {name: definitions.images[name] for name in request.images if definitions.order([name])}
    mode, reason = _decide(request.mode, list(images.values()))
    references = {name: _upstream(image) for name, image in images.items() if mode == "pull" and image.upstream}
    local = [name for name in images if name not in references]
    builder = Builder(request.cache, definitions, request.registry, request.docker_host)
    serve = bool(local) and not builder.registry_answers()

    missing = [
        name
        for name in (*(["registry"] if serve and mode == "build" else []), *local)
        if builder.find(definitions.images[name]) is None
    ]
    to_build = [i for i in definitions.order(missing) if i.name in missing or builder.find(i) is None]
    wanted = [*programs, *(program for image in to_build for program in image.programs)]
    groups = builder.programs.missing(wanted)
    built = [
        *(f"{group}/{output}" for group, outputs in groups.items() for output in outputs),
        *(i.name for i in to_build),
    ]
    if not check and (built or serve):
        progress = Progress(request.cache, len(groups) + len(to_build))
        builder.programs.build(wanted, progress)
        # The registry's own image comes first: the others are pushed to it.
        for image in sorted(to_build, key=lambda i: i.name != "registry"):
            if serve and image.push:
                serve = builder.serve_registry(_registry_image(builder, mode))
            builder.build(image, progress)
        if serve:
            builder.serve_registry(_registry_image(builder, mode))
    for name in local:
        references[name] = builder.find(images[name]) or builder.reference(images[name])
    return {
        "changed": bool(built) or serve,
        "built": built,
        "mode": mode,
        "reason": reason,
        "images": {name: reference.facts() for name, reference in references.items()},
        "programs": {f"{group}/{output}": str(builder.programs.path(group, output)) for group, output in programs},
    }


def _registry_image(builder: Builder, mode: str) -> str:
    return (
        builder.local_name("registry")
        if mode == "build"
        else _upstream(builder.definitions.images["registry"]).facts()["ref"]
    )


def _program(definitions: Definitions, name: str) -> tuple[str, str]:
    group, _sep, output = name.partition("/")
    if group not in definitions.programs or output not in definitions.programs[group].outputs:
        raise DefinitionError(f"program {name!r} is wanted but not defined")
    return group, output


def _decide(mode: str, images: list[Image]) -> tuple[str, str]:
    published = [image.upstream["repository"] for image in images if image.upstream]
    if mode != "auto" or not published:
        return ("build" if mode == "auto" else mode), f"platform.images is {mode}"
    if registry_answers(published[0]):
        return "pull", f"the registry of {published[0]} answers"
    return "build", f"the registry of {published[0]} does not answer"


def _upstream(image: Image) -> Reference:
    upstream = image.upstream or {}
    return Reference(upstream["repository"], upstream["tag"], upstream.get("digest", ""))
