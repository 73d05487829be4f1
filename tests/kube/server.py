"""A real API server on loopback, without nodes: etcd, kube-apiserver and the controllers, as processes of ours.

FIN_PLATFORM_TEST_ETCD, FIN_PLATFORM_TEST_KUBE_APISERVER and FIN_PLATFORM_TEST_KUBE_CONTROLLER_MANAGER name the programs;
otherwise they are those that the role images built into the cache.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from pathlib import Path

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from kubernetes import client, config

from tests.runner.stage import cache_directory

START_SECONDS = 60.0
CONTROLLERS = "deployment,replicaset,namespace,garbagecollector,resourcequota,serviceaccount,job,endpointslice"


def program(name: str, group: str) -> Path | None:
    """A program, or None where it was not built."""
    named = os.environ.get("FIN_PLATFORM_TEST_" + name.upper().replace("-", "_"))
    if named:
        return Path(named)
    cache = cache_directory()
    built = sorted(cache.glob(f"programs/{group}-*/{name}"), key=lambda path: path.stat().st_mtime)
    found = [path for path in (*reversed(built), cache / "bin" / name) if os.access(path, os.X_OK)]
    return found[0] if found else None


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ApiServer:
    """An API server with a store and controllers, all in one folder.

    :param directory: for data, certificates and logs
    """

    def __init__(self, directory: Path, etcd: Path, apiserver: Path, manager: Path | None) -> None:
        self.directory, self.etcd, self.apiserver, self.manager = directory, etcd, apiserver, manager
        self.port, self.etcd_port, self.token = free_port(), free_port(), secrets.token_hex(16)
        self.kubeconfig = directory / "kubeconfig"
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start everything and wait until it answers."""
        self._credentials()
        self._spawn("etcd", self.etcd, *self._etcd_flags())
        self.start_apiserver()
        if self.manager:
            flags = [f"--kubeconfig={self.kubeconfig}", f"--controllers={CONTROLLERS}", "--leader-elect=false"]
            key = f"--service-account-private-key-file={self.directory / 'sa.key'}"
            self._spawn("kube-controller-manager", self.manager, *flags, key, "--secure-port=0")

    def stop(self) -> None:
        """End everything that was started."""
        for name in reversed(list(self._running)):
            self.end(name)

    def start_apiserver(self) -> None:
        """Start the API server, again too, and wait until it is ready."""
        self._spawn("kube-apiserver", self.apiserver, *self._apiserver_flags())
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            process = self._running["kube-apiserver"]
            if process.poll() is not None or time.monotonic() > deadline:
                log = (self.directory / "kube-apiserver.log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"kube-apiserver did not become ready; its log ends:\n{log[-2000:]}")
            time.sleep(0.3)

    def end(self, name: str) -> None:
        """End one program, at once: what it keeps is safe in the store, or thrown away with the folder."""
        process = self._running.pop(name)
        process.kill()
        process.wait(20)

    def api(self) -> client.ApiClient:
        """A client of its own, for what a test itself does."""
        return config.new_client_from_config(str(self.kubeconfig))

    def _ready(self) -> bool:
        if not (self.directory / "apiserver.crt").exists():
            return False
        self._write_kubeconfig()
        try:
            client.CoreV1Api(self.api()).read_namespace("default", _request_timeout=5)
        except Exception as e:  # noqa: BLE001  # whatever it is while it starts, the log is shown when it lasts
            return bool(e) and False
        return True

    def _write_kubeconfig(self) -> None:
        cluster = {"server": self.url, "certificate-authority": str(self.directory / "apiserver.crt")}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": self.token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
            "current-context": "test",
        }
        self.kubeconfig.write_text(yaml.safe_dump(content), encoding="utf-8")

    def _credentials(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        (self.directory / "sa.key").write_bytes(pem)
        (self.directory / "tokens.csv").write_text(f'{self.token},admin,admin,"system:masters"\n', encoding="utf-8")

    def _etcd_flags(self) -> list[str]:
        client_url, peer_url = f"http://127.0.0.1:{self.etcd_port}", f"http://127.0.0.1:{free_port()}"
        return [
            f"--data-dir={self.directory / 'etcd'}",
            f"--listen-client-urls={client_url}",
            f"--advertise-client-urls={client_url}",
            f"--listen-peer-urls={peer_url}",
            f"--initial-advertise-peer-urls={peer_url}",
            f"--initial-cluster=default={peer_url}",
            "--unsafe-no-fsync",
            "--log-level=error",
        ]

    def _apiserver_flags(self) -> list[str]:
        return [
            f"--etcd-servers=http://127.0.0.1:{self.etcd_port}",
            f"--secure-port={self.port}",
            "--bind-address=127.0.0.1",
            f"--cert-dir={self.directory}",
            f"--token-auth-file={self.directory / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self.directory / 'sa.key'}",
            f"--service-account-signing-key-file={self.directory / 'sa.key'}",
            "--disable-admission-plugins=ServiceAccount",
        ]

    def _spawn(self, name: str, path: Path, *flags: str) -> None:
        with (self.directory / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen([str(path), *flags], stdout=log, stderr=log)  # noqa: S603
