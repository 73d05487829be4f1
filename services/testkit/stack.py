"""All five services as real processes on the loopback address, over a real PostgreSQL."""

from __future__ import annotations

import base64
import os
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import yaml

from testkit.postgres import Postgres, free_port

SERVICES = Path(__file__).resolve().parents[1]
NAMES = ("identity", "transactions", "accounts", "reporting", "gateway")
START_SECONDS = 60.0


@dataclass
class Service:
    """One service's process."""

    name: str
    port: int
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it; `wait` tells when it is ready."""
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", self.name, "serve"]
            self.process = subprocess.Popen(command, env=self.environment, cwd=SERVICES, stdout=log, stderr=log)

    def wait(self) -> None:
        """Wait until it is ready.

        :raises RuntimeError: it ended, or was not ready in time; with the end of its log
        """
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process is not None and self.process.poll() is None:
            try:
                if httpx.get(f"{self.url}/readyz", trust_env=False).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"{self.name} is not ready: {self.log.read_text(encoding='utf-8')[-2000:]}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it, and return its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(how)
        code = self.process.wait(timeout=40)
        self.process = None
        return code

    def memory(self) -> int:
        """Resident memory in KiB."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


@dataclass
class Stack:
    """The bank."""

    postgres: Postgres
    directory: Path
    treasury_password: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    services: dict[str, Service] = field(default_factory=dict)

    def start(self) -> None:
        """Migrate the databases and start the services, all at once, as a cluster does."""
        self._write_secrets()
        urls = {name: f"http://127.0.0.1:{free_port()}" for name in NAMES}
        for name in NAMES:
            declared = yaml.safe_load((SERVICES / name / "service.yml").read_text(encoding="utf-8"))
            called = {f"{callee.upper()}_URL": urls[callee] for callee in declared.get("calls", [])}
            port = int(urls[name].rpartition(":")[2])
            environment = {**_clean_environment(), **called, "PORT": str(port), "SERVICE_NAME": name}
            environment |= {"HOST": "127.0.0.1", "SECRETS_DIRECTORY": str(self.directory / "secrets")}
            if "database" in declared:
                environment |= self._database(name, declared["database"]["name"])
            self.services[name] = Service(name, port, environment, self.directory / f"{name}.log")
        for service in self.services.values():
            service.start()
        for service in self.services.values():
            service.wait()

    def stop(self) -> None:
        """End all services."""
        for service in self.services.values():
            service.stop()

    def logs(self) -> str:
        """Everything that the services have logged."""
        return "".join(service.log.read_text(encoding="utf-8") for service in self.services.values())

    @property
    def url(self) -> str:
        """The public address."""
        return self.services["gateway"].url

    def _write_secrets(self) -> None:
        folder = self.directory / "secrets"
        folder.mkdir(parents=True, exist_ok=True)
        key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        (folder / "token_key_encryption").write_text(key, encoding="utf-8")
        (folder / "treasury_password").write_text(self.treasury_password, encoding="utf-8")

    def _database(self, service: str, name: str) -> dict[str, str]:
        owner, app = self.postgres.create_database(name)
        migrate(service, self.postgres.settings(name, owner))
        return self.postgres.settings(name, app)


def migrate(service: str, settings: dict[str, str]) -> str:
    """Run a service's migrations as its init container does, and return what it logged.

    :raises RuntimeError: they failed
    """
    done = subprocess.run(
        [sys.executable, "-m", service, "migrate"],
        env={**_clean_environment(), **settings},
        cwd=SERVICES,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{service} migrate: exit code {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def _clean_environment() -> dict[str, str]:
    """What is ours of the environment, and what the Containerfile sets."""
    found = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**found, "MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "131072"}
