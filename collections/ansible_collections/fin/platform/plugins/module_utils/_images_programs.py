# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build programs from pinned, checksummed Go modules into the cache."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from ansible_collections.fin.platform.plugins.module_utils._images_definition import Definitions, ProgramGroup
from ansible_collections.fin.platform.plugins.module_utils._progress import Progress, run

# Set by who builds more of the same groups soon, and then without it.
KEEP = "FIN_PLATFORM_KEEP_BUILD_CACHES"


class Programs:
    """The cache of built programs: ``<cache>/programs/<group>-<key>/<output>``."""

    def __init__(self, cache: Path, definitions: Definitions) -> None:
        self.cache = cache
        self.definitions = definitions

    def path(self, group: str, output: str) -> Path:
        return self.cache / "programs" / self.definitions.programs[group].folder(output) / output

    def missing(self, wanted: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
        """Outputs that are not in the cache yet, by group, in the order wanted."""
        result: dict[str, list[str]] = {}
        for group, output in dict.fromkeys(wanted):
            if not self.path(group, output).exists():
                result.setdefault(group, []).append(output)
        return result

    def build(self, wanted: Iterable[tuple[str, str]], progress: Progress) -> list[str]:
        """Build what is missing; returns ``group/output`` of each. Safe to interrupt at any point and to run again."""
        built: list[str] = []
        missing = self.missing(wanted)
        for group, outputs in missing.items():
            with progress.doing(f"build {group}") as log:
                self._build_group(self.definitions.programs[group], outputs, log)
            built.extend(f"{group}/{output}" for output in outputs)
        if missing and KEEP not in os.environ:
            self._forget_build_caches()
        return built

    def _build_group(self, group: ProgramGroup, outputs: list[str], log: Path) -> None:
        work = self.cache / "build" / group.name
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        env = self._environment(group)
        flags = ["-trimpath", "-mod=readonly", "-ldflags", self._ldflags(group)]
        if group.tags:
            flags += ["-tags", ",".join(group.tags)]
        packages = {o: group.packages[o] for o in outputs if o in group.packages}
        if packages:
            # One call for all packages of the group: they share most of what is compiled.
            run(["go", "build", *flags, "-o", f"{work}/", *packages.values()], log, env, group.path)
            for output, package in packages.items():
                built = work / _binary_name(package)
                if built.name != output:
                    built.rename(work / output)
        for output in outputs:
            if output in group.tests:
                run(["go", "test", "-c", *flags, "-o", str(work / output), group.tests[output]], log, env, group.path)
            elif output in group.c:
                source = self._module_path(group, group.c[output], log, env)
                run(["gcc", "-Os", "-static", "-o", str(work / output), str(source)], log)
            elif output in group.charts:
                self._wrap_chart(group, output, work / output, log, env)
            elif output in group.files:
                _take(self._module_path(group, group.files[output], log, env), work / output)
        for output in outputs:
            final = self.path(group.name, output)
            final.parent.mkdir(parents=True, exist_ok=True)
            os.replace(work / output, final)
        shutil.rmtree(work)

    def _wrap_chart(self, group: ProgramGroup, output: str, target: Path, log: Path, env: dict[str, str]) -> None:
        """A small chart of ours around files of the module; its version tells Helm when either changes."""
        shutil.copytree(group.path / output, target)
        for name, source in group.charts[output].items():
            _take(self._module_path(group, source, log, env), target / name)
        chart = target / "Chart.yaml"
        version = group.folder(output).removeprefix(f"{group.name}-")
        lines = chart.read_text(encoding="utf-8").splitlines()
        chart.write_text(
            "".join(f"{line}+{version}\n" if line.startswith("version:") else f"{line}\n" for line in lines),
            encoding="utf-8",
        )

    @staticmethod
    def _module_path(group: ProgramGroup, source: dict[str, str], log: Path, env: dict[str, str]) -> Path:
        """A path inside a module, at the version that the group's own ``go.mod`` pins."""
        answer = json.loads(run(["go", "mod", "download", "-json", source["module"]], log, env, group.path))
        return Path(answer["Dir"]) / source["path"]

    def _environment(self, group: ProgramGroup) -> dict[str, str]:
        build = self.cache / "build"
        return {
            "CGO_ENABLED": "1" if group.cgo else "0",
            "GOCACHE": os.environ.get("GOCACHE", str(build / "go-build")),
            "GOMODCACHE": os.environ.get("GOMODCACHE", str(build / "go-mod")),
            "GOFLAGS": "-buildvcs=false",
            "GOGC": "400",  # the compiler is short of time here, not of memory
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
        }

    @staticmethod
    def _ldflags(group: ProgramGroup) -> str:
        values = [
            f"-X {package}.{name}={value}"
            for package, names in group.variables.items()
            for name, value in names.items()
        ]
        return " ".join(["-s -w", *values])

    def _forget_build_caches(self) -> None:
        """Sources and compiled packages are many times the size of the programs: keep only these."""
        build = self.cache / "build"
        if build.exists():
            # Go writes its module cache read-only.
            subprocess.run(["chmod", "-R", "u+w", str(build)], check=False)
            shutil.rmtree(build, ignore_errors=True)


def _binary_name(package: str) -> str:
    """The name ``go build`` gives to a command: the last path element that is no major version."""
    parts = package.split("/")
    return parts[-2] if parts[-1][:1] == "v" and parts[-1][1:].isdigit() else parts[-1]


def _take(path: Path, target: Path) -> None:
    """Copy a file or folder out of the module cache, whose files are all read-only and none executable."""
    if path.is_dir():
        shutil.copytree(path, target, copy_function=shutil.copyfile)
    else:
        shutil.copyfile(path, target)
    for file in target.rglob("*") if target.is_dir() else (target,):
        if file.is_file():
            file.chmod(0o755 if file.read_bytes()[:2] == b"#!" else 0o644)
