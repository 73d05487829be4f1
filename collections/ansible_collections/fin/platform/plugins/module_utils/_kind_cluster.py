# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A kind cluster that survives interruption: half-made ones are made anew, stopped ones started."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._progress import CommandError, Progress, alone, run

LABEL = "io.x-k8s.kind.cluster"


@dataclass(frozen=True)
class Kind:
    """One cluster of one name.

    :param state: folder for its files (0700): configuration, encryption key, marker of a finished creation
    :param config: kind's own cluster configuration, as text; ``@STATE@`` in it stands for the state folder
    :param files: further files by name, mounted by the configuration
    :param registry: host:port of the registry that nodes must reach by that name, empty for none
    """

    name: str
    image: str
    config: str
    files: dict[str, str]
    state: Path
    kubeconfig: Path
    kind: str
    kubectl: str
    docker_host: str
    cache: Path
    registry: str
    registry_container: str

    @property
    def env(self) -> dict[str, str]:
        return {"DOCKER_HOST": self.docker_host} if self.docker_host else {}

    def digest(self) -> str:
        text = json.dumps([self.image, self.config, self.files], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def daemon_answers(self) -> bool:
        try:
            self._docker("version", "--format", "{{.Server.Version}}")
        except CommandError:
            return False
        return True

    def nodes(self) -> dict[str, dict[str, Any]]:
        """The cluster's containers by name, each with ``id`` and ``running``."""
        names = self._docker(
            "ps", "-a", "--filter", f"label={LABEL}={self.name}", "--format", "{{.ID}} {{.Names}} {{.State}}"
        )
        rows = [line.split() for line in names.splitlines()]
        return {row[1]: {"id": row[0], "running": row[2] == "running"} for row in rows}

    def marker(self) -> dict[str, Any]:
        path = self.state / "created.json"
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    def situation(self) -> str:
        """What is there: ``absent``, ``broken`` (never finished), ``other`` (another configuration), ``stopped`` or ``running``."""
        nodes = self.nodes()
        if not nodes:
            return "absent"
        marker = self.marker()
        if marker.get("nodes") != sorted(node["id"] for node in nodes.values()):
            return "broken"
        if marker.get("digest") != self.digest():
            return "other"
        return "running" if all(node["running"] for node in nodes.values()) and self.kubeconfig.exists() else "stopped"

    def create(self, progress: Progress) -> None:
        """Make the cluster; the marker is written last, so that an interrupted creation is seen as one."""
        self.state.mkdir(parents=True, exist_ok=True)
        self.state.chmod(0o700)
        (self.state / "created.json").unlink(missing_ok=True)
        self._write("encryption.yaml", self._encryption())
        for name, text in self.files.items():
            self._write(name, text)
        self._write("kind.yaml", self.config.replace("@STATE@", str(self.state)))
        with progress.doing(f"create cluster {self.name}") as log:
            command = [
                self.kind,
                "create",
                "cluster",
                "--name",
                self.name,
                "--image",
                self.image,
                "--config",
                str(self.state / "kind.yaml"),
            ]
            run([*command, "--kubeconfig", str(self.kubeconfig), "--wait", "0s"], log, self.env, timeout=900)
            self.kubeconfig.chmod(0o600)
            self._connect_registry(log)
        ids = sorted(node["id"] for node in self.nodes().values())
        self._write("created.json", json.dumps({"digest": self.digest(), "nodes": ids}))

    def start(self, progress: Progress) -> None:
        """Start nodes that are stopped, and have the kubeconfig again."""
        with progress.doing(f"start cluster {self.name}") as log:
            nodes = self.nodes()
            stopped = sorted(name for name, node in nodes.items() if not node["running"])
            if stopped:
                run(["docker", "start", *stopped], log, self.env)
            run(
                [self.kind, "export", "kubeconfig", "--name", self.name, "--kubeconfig", str(self.kubeconfig)],
                log,
                self.env,
            )
            self.kubeconfig.chmod(0o600)
            self._wait_for_api(log)

    def delete(self) -> None:
        log = self.cache / "log" / "delete-cluster.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        run(
            [self.kind, "delete", "cluster", "--name", self.name, "--kubeconfig", str(self.kubeconfig)],
            log,
            self.env,
            timeout=300,
        )
        networks = self._docker("network", "ls", "--filter", "name=^kind$", "--format", "{{.Name}}").split()
        others = self._docker("ps", "-a", "--filter", f"label={LABEL}", "--format", "{{.Names}}").split()
        if networks and not others:
            if self.registry_container:
                arguments = ["docker", "network", "disconnect", "-f", "kind", self.registry_container]
                subprocess.run(arguments, env={**os.environ, **self.env}, capture_output=True, check=False)
            self._docker("network", "rm", "kind")
        shutil.rmtree(self.state, ignore_errors=True)

    def _connect_registry(self, log: Path) -> None:
        """The way kind documents it: a name on kind's network, and a hosts file in each node's containerd."""
        if not self.registry:
            return
        connected = self._docker("inspect", "-f", "{{json .NetworkSettings.Networks}}", self.registry_container)
        if "kind" not in json.loads(connected):
            run(["docker", "network", "connect", "kind", self.registry_container], log, self.env)
        folder = f"/etc/containerd/certs.d/{self.registry}"
        hosts = f'[host."http://{self.registry_container}:5000"]\n'
        for node in self.nodes():
            write = f"mkdir -p {folder} && printf '%s' '{hosts}' > {folder}/hosts.toml"
            run(["docker", "exec", node, "sh", "-c", write], log, self.env)

    def _wait_for_api(self, log: Path) -> None:
        """Up to two minutes: etcd and the API server start anew with their node."""
        for attempt in range(60):
            try:
                run(
                    [
                        self.kubectl,
                        "--kubeconfig",
                        str(self.kubeconfig),
                        "get",
                        "--raw",
                        "/readyz",
                        "--request-timeout",
                        "5s",
                    ],
                    log,
                )
                return
            except CommandError:
                if attempt == 59:
                    raise
                time.sleep(2)

    def _encryption(self) -> str:
        """API server's encryption of Secrets at rest; the key is made once per cluster and never printed."""
        path = self.state / "encryption.yaml"
        if path.exists():
            return path.read_text(encoding="utf-8")
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        return (
            "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n"
            f"  - resources: [secrets]\n    providers:\n      - secretbox: {{keys: [{{name: key1, secret: {key}}}]}}\n      - identity: {{}}\n"
        )

    def _write(self, name: str, text: str) -> None:
        path = self.state / name
        partial = path.with_suffix(".partial")
        partial.write_text(text, encoding="utf-8")
        partial.chmod(0o600)
        partial.rename(path)

    def _docker(self, *arguments: str) -> str:
        done = subprocess.run(
            ["docker", *arguments], env={**os.environ, **self.env}, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise CommandError(f"'docker {' '.join(arguments[:3])} …' failed: {done.stderr.strip()}")
        return done.stdout.strip()


def ensure(cluster: Kind, wanted: bool, check: bool) -> dict[str, Any]:
    """Bring the cluster to the wanted state.

    :raises CommandError: with the reason, also when the cluster there was made from another configuration
    """
    with nullcontext() if check else alone(cluster.cache, f"cluster-{cluster.name}"):
        return _ensure(cluster, wanted, check)


def _ensure(cluster: Kind, wanted: bool, check: bool) -> dict[str, Any]:
    # A preview on a machine whose daemon is not installed yet: there can be no cluster.
    before = "absent" if check and not cluster.daemon_answers() else cluster.situation()
    if not wanted:
        changed = before != "absent"
        if changed and not check:
            cluster.delete()
        return {"changed": changed, "before": before}
    if before == "other":
        raise CommandError(
            f"cluster {cluster.name!r} was made from another configuration or node image, and kind cannot change a cluster. "
            "Nothing was touched. Remove it with 'make down' (its data is lost) and run this again."
        )
    if not check:
        progress = Progress(cluster.cache, 1)
        if before == "broken":
            cluster.delete()
        if before in ("absent", "broken"):
            cluster.create(progress)
        elif before == "stopped":
            cluster.start(progress)
    return {"changed": before != "running", "before": before}
