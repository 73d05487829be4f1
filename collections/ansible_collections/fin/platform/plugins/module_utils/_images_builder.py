# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build images from cached programs, Debian packages and Python wheels, and push them to the local registry."""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError

from ansible.module_utils.urls import open_url

from ansible_collections.fin.platform.plugins.module_utils._images_definition import Definitions, Image, ignored
from ansible_collections.fin.platform.plugins.module_utils._images_programs import Programs
from ansible_collections.fin.platform.plugins.module_utils._progress import CommandError, Progress, run

REGISTRY_CONTAINER = "fin-platform-registry"

# An image of one static program needs nothing said about it.
SCRATCH = """FROM scratch
ENV PATH=/usr/local/bin
COPY programs/ /usr/local/bin/
ENTRYPOINT ["/usr/local/bin/{program}"]
"""


@dataclass(frozen=True)
class Reference:
    """How to name an image in a manifest or a chart's values."""

    repository: str
    tag: str
    digest: str

    def facts(self) -> dict[str, str]:
        ref = f"{self.repository}:{self.tag}" + (f"@{self.digest}" if self.digest else "")
        return {"repository": self.repository, "tag": self.tag, "digest": self.digest, "ref": ref}


class Builder:
    """Builds what the registry does not have yet.

    :param cache: the cache folder
    :param registry: host:port of the local registry, as the nodes and this machine both name it
    :param docker_host: the daemon's socket, empty for the client's default
    """

    def __init__(self, cache: Path, definitions: Definitions, registry: str, docker_host: str) -> None:
        self.cache = cache
        self.definitions = definitions
        self.registry = registry
        self.programs = Programs(cache, definitions)
        self.env = {"DOCKER_BUILDKIT": "0", **({"DOCKER_HOST": docker_host} if docker_host else {})}

    def reference(self, image: Image, digest: str = "") -> Reference:
        return Reference(
            f"{self.registry}/{image.repository}", f"{image.tag}-{self.definitions.image_key(image)}", digest
        )

    def find(self, image: Image) -> Reference | None:
        """The image, if it was built before: in the registry, or in the daemon if it is never pushed."""
        ref = self.reference(image)
        if not image.push:
            name = f"{ref.repository}:{ref.tag}"
            known = subprocess.run(
                ["docker", "image", "inspect", name], env={**os.environ, **self.env}, capture_output=True, check=False
            )
            return ref if known.returncode == 0 else None
        digest = self._registry_digest(image, ref.tag)
        return self.reference(image, digest) if digest else None

    def registry_answers(self) -> bool:
        try:
            open_url(f"http://{self.registry}/v2/", timeout=5)
            return True
        except (OSError, http.client.HTTPException):
            return False

    def serve_registry(self, image: str) -> bool:
        """Run the local registry on the loopback port that its name says; what it holds is kept in the cache.

        :param image: the registry's own image, in the daemon or pulled by it
        :returns: whether it is still to be served: never, once it answers
        """
        log = self.cache / "log" / "registry.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        port = self.registry.rsplit(":", 1)[1]
        data = self.cache / "registry"
        data.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["docker", "rm", "-f", REGISTRY_CONTAINER], env={**os.environ, **self.env}, capture_output=True, check=False
        )
        run(["docker", "run", "-d", "--name", REGISTRY_CONTAINER, "--restart", "unless-stopped", "-p", f"127.0.0.1:{port}:5000",
             "-v", f"{data}:/var/lib/registry", image], log, self.env)  # fmt: skip
        for _attempt in range(100):
            if self.registry_answers():
                return False
            time.sleep(0.1)
        raise CommandError(
            f"the local registry does not answer on {self.registry} ten seconds after its start; see 'docker logs {REGISTRY_CONTAINER}'"
        )

    def _registry_digest(self, image: Image, tag: str) -> str:
        """The digest that the registry's storage has for a tag: read from disk, so that it need not run to be asked."""
        link = (
            self.cache
            / "registry/docker/registry/v2/repositories"
            / image.repository
            / "_manifests/tags"
            / tag
            / "current/link"
        )
        return link.read_text(encoding="utf-8").strip() if link.exists() else ""

    def build(self, image: Image, progress: Progress) -> Reference:
        """Build one image whose needs are built already, and push it."""
        ref = self.reference(image)
        name = f"{ref.repository}:{ref.tag}"
        context = self.cache / "build" / "images" / image.name
        with progress.doing(f"pack image {image.name}") as log:
            shutil.rmtree(context, ignore_errors=True)
            context.mkdir(parents=True)
            self._fill_context(image, context, log)
            arguments = {**image.args, **({"BASE": self.local_name(image.base)} if image.base else {})}
            flags = [part for key, value in arguments.items() for part in ("--build-arg", f"{key}={value}")]
            run(
                ["docker", "build", "--quiet", *flags, "-t", name, "-f", str(context / "Containerfile"), str(context)],
                log,
                self.env,
            )
            if image.preload:
                self._preload(image, name, context, log)
            shutil.rmtree(context)
            if not image.push:
                return ref
            run(["docker", "push", "--quiet", name], log, self.env)
        return self.reference(image, self._registry_digest(image, ref.tag))

    def local_name(self, image: str) -> str:
        ref = self.reference(self.definitions.images[image])
        return f"{ref.repository}:{ref.tag}"

    def _fill_context(self, image: Image, context: Path, log: Path) -> None:
        if image.containerfile is None:
            program = image.programs[0][1]
            (context / "Containerfile").write_text(SCRATCH.format(program=program), encoding="utf-8")
        elif image.containerfile.parent == image.path:
            shutil.copytree(image.path, context, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy(image.containerfile, context / "Containerfile")
        for group, output in image.programs:
            _link(self.programs.path(group, output), context / "programs" / output)
        for target, source in image.files.items():
            if source.is_dir():
                shutil.copytree(source, context / target, ignore=_ignored_names)
            else:
                shutil.copy(source, context / target)
        for folder, links in image.links.items():
            (context / "links" / folder).mkdir(parents=True, exist_ok=True)
            for name, destination in links.items():
                (context / "links" / folder / name).symlink_to(destination)
        if image.rootfs is not None:
            self._debian_rootfs(
                image.rootfs["packages"], image.rootfs.get("variant", "extract"), context / "rootfs.tar", log
            )
        if image.lock is not None:
            self._wheels(image.lock, context / "site-packages", log)

    def _debian_rootfs(self, packages: list[str], variant: str, target: Path, log: Path) -> None:
        """A root file system of this machine's own Debian release, from the package sources it is configured with."""
        suite = _os_release().get("VERSION_CODENAME", "bookworm")
        command = ["mmdebstrap", "--mode=root", f"--variant={variant}", f"--include={','.join(packages)}"]
        command += [
            "--dpkgopt=path-exclude=/usr/share/doc/*",
            "--dpkgopt=path-exclude=/usr/share/man/*",
            "--dpkgopt=path-exclude=/usr/share/locale/*",
        ]
        run([*command, suite, str(target)], log, {"SOURCE_DATE_EPOCH": "0"})

    def _wheels(self, lock: Path, target: Path, log: Path) -> None:
        """Install the locked wheels for the image's Python; every service's image starts with the same layer."""
        version = {"bookworm": "3.11", "trixie": "3.13"}.get(_os_release().get("VERSION_CODENAME", ""), "3.11")
        shared = self.cache / "wheels" / f"{_file_key(lock)}-{version}"
        if not shared.exists():
            partial = shared.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            run(
                ["python3", "-m", "pip", "install", "--quiet", "--no-compile", "--no-deps", "--require-hashes", "--only-binary=:all:",
                 "--python-version", version, "--implementation", "cp", "--platform", "manylinux_2_28_x86_64", "--platform", "manylinux2014_x86_64",
                 "--platform", "manylinux_2_17_x86_64", "--target", str(partial), "-r", str(lock)], log,
            )  # fmt: skip
            partial.rename(shared)
        _link(shared, target)

    def _preload(self, image: Image, name: str, context: Path, log: Path) -> None:
        """Import images into the node image's own containerd, as kind's node images have them."""
        container = f"preload-{os.getpid()}"
        archives = context / "preload"
        archives.mkdir()
        for need in image.preload:
            definition = self.definitions.images[need]
            if definition.upstream is None:
                raise CommandError(
                    f"image {image.name!r} preloads {need!r}, which has no upstream name to be found under"
                )
            upstream = f"{definition.upstream['repository']}:{definition.upstream['tag']}"
            run(["docker", "tag", self.local_name(need), upstream], log, self.env)
            run(["docker", "save", "-o", str(archives / f"{need}.tar"), upstream], log, self.env)
            run(["docker", "rmi", upstream], log, self.env)
        try:
            run(["docker", "run", "-d", "--name", container, "--privileged", "-v", f"{archives}:/preload:ro", "--entrypoint", "sleep", name, "infinity"],
                log, self.env)  # fmt: skip
            run(["docker", "exec", container, "/kind/bin/import-images", "/preload"], log, self.env, timeout=600)
            # Stopped before it is committed: containerd's database is complete on disk.
            run(
                ["docker", "commit", "-c", 'ENTRYPOINT ["/usr/local/bin/entrypoint","/sbin/init"]', container, name],
                log,
                self.env,
            )
        finally:
            run(["docker", "rm", "-f", container], log, self.env)


def registry_answers(repository: str) -> bool:
    """Whether the registry of a repository can be reached from here; a request to log in counts."""
    host = repository.split("/", 1)[0]
    try:
        open_url(f"https://{'registry-1.docker.io' if host == 'docker.io' else host}/v2/", timeout=4)
        return True
    except HTTPError as e:
        return e.code in (200, 401)
    except (OSError, http.client.HTTPException):  # no name, no route, no answer
        return False


def _ignored_names(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if ignored(Path(folder) / name, Path(folder))]


def _link(source: Path, target: Path) -> None:
    """Hard links instead of copies: programs are large, and a build context is only read."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, copy_function=os.link)
    else:
        os.link(source, target)


def _os_release() -> dict[str, str]:
    lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    return {key: value.strip('"') for key, _sep, value in (line.partition("=") for line in lines)}


def _file_key(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
