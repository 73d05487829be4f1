"""Have what the end-to-end suite needs: its program, and its test image under the name that it asks for."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import requests

from tests.live import cluster
from tests.runner.stage import TREE, cache_directory

DEFINITIONS = TREE / "collections" / "ansible_collections" / "fin" / "platform" / "roles" / "images" / "files"
PROGRAM = "kubernetes/e2e.test"
IMAGE = "agnhost"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"


def provide() -> tuple[Path, str]:
    """Build (or find) program and image; return the program and the folder part of the image's name."""
    answer = ask_module()
    image = answer["images"][IMAGE]
    host, _, repository = image["repository"].partition("/")
    folder = repository.rpartition("/")[0]
    program = Path(answer["programs"][PROGRAM])
    wanted = wanted_tag(program, image["tag"])
    if image["tag"] != wanted:
        tag(f"http://{host}/v2/{repository}/manifests", image["tag"], wanted)
    return program, f"{host}/{folder}" if folder else host


def ask_module() -> dict[str, Any]:
    """Run fin.platform.images for just these two, the way the platform does."""
    arguments = {
        "mode": "build",
        "images": [IMAGE],
        "programs": [PROGRAM],
        "definitions": str(DEFINITIONS),
        "cache": str(cache_directory()),
        "registry": cluster.specification()["cluster"].get("registry", "localhost:5001"),
        "docker_host": cluster.docker_environment().get("DOCKER_HOST", ""),
    }
    return cluster.ad_hoc("fin.platform.images", json.dumps(arguments))


def wanted_tag(program: Path, built: str) -> str:
    """The tag of the test image that this build of the suite asks for; ours is that and the key of its content."""
    listed = subprocess.run([program, "--list-images"], capture_output=True, text=True, check=True).stdout
    tags = [line.rpartition(":")[2] for line in listed.splitlines() if f"/{IMAGE}:" in line]
    for wanted in tags:
        if built == wanted or built.startswith(f"{wanted}-"):
            return wanted
    raise SystemExit(f"conformance: the suite asks for {IMAGE} {tags}, and the image built here is {built}")


def tag(manifests: str, known: str, wanted: str) -> None:
    """Give an image in the local registry a second tag."""
    found = requests.get(f"{manifests}/{known}", headers={"Accept": MANIFEST}, timeout=10)
    found.raise_for_status()
    kind = {"Content-Type": found.headers["Content-Type"]}
    requests.put(f"{manifests}/{wanted}", data=found.content, headers=kind, timeout=10).raise_for_status()


def environment(folder: str, file: Path) -> dict[str, str]:
    """The environment in which the suite takes its images from the local registry."""
    file.write_text(f"promoterE2eRegistry: {folder}\n", encoding="utf-8")
    return {**os.environ, "KUBECONFIG": str(cluster.KUBECONFIG), "KUBE_TEST_REPO_LIST": str(file)}
