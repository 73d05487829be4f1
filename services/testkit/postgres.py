"""A PostgreSQL server for tests: Debian's programs, a data directory in /tmp, a free port on the loopback address."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

SUPERUSER = "tests"
NOBODY = ("postgres", "nobody")
READY_SECONDS = 60.0
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "log_min_messages": "warning",
    "log_parameter_max_length_on_error": "0",
}


class PostgresMissing(Exception):
    """PostgreSQL's programs are not on this machine."""


@dataclass(frozen=True)
class Role:
    """A role and its password, as files hold it for the services."""

    name: str
    password_file: Path

    @property
    def password(self) -> str:
        """The password."""
        return self.password_file.read_text(encoding="utf-8")


class Postgres:
    """A server that is ours alone; it does not run as root, because PostgreSQL refuses to."""

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        self.directory = Path(tempfile.mkdtemp(prefix="postgres-"))
        self.directory.chmod(0o755)
        self.data = self.directory / "data"
        self.port = free_port()
        self.password = secrets.token_urlsafe(24)
        self.process: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        """Make the data directory and start the server."""
        identity = _unprivileged()
        if identity is not None:
            os.chown(self.directory, *identity)
        password = self.directory / "password"
        password.write_text(self.password, encoding="utf-8")
        password.chmod(0o644)
        command = [self.programs / "initdb", "-D", self.data, "-U", SUPERUSER, "-E", "UTF8", "--locale=C", "--no-sync"]
        command += ["--auth=scram-sha-256", f"--pwfile={password}"]
        self._run([str(part) for part in command])
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = [str(self.programs / "postgres"), "-D", str(self.data), "-h", "127.0.0.1", "-p", str(self.port)]
        command += ["-k", str(self.directory)]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        log = (self.directory / "log").open("ab")
        self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **_as(_unprivileged()))
        log.close()
        end = time.monotonic() + READY_SECONDS
        while True:
            try:
                self.connect("postgres").close()
                return
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT is PostgreSQL's fast shutdown, SIGQUIT an immediate one, as in a crash."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=60)
            self.process = None

    def remove(self) -> None:
        """Stop the server and remove its data."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.directory)

    def connect(self, database: str, user: str = SUPERUSER, password: str = "") -> psycopg.Connection[Any]:
        """A connection that commits each statement."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname=database,
            user=user,
            password=password or self.password,
            autocommit=True,
            connect_timeout=5,
        )

    def create_database(self, name: str) -> tuple[Role, Role]:
        """A database with its owner and its runtime role, as the operator makes them in the cluster."""
        roles = tuple(self._role(role) for role in (name, f"{name}_app"))
        with self.connect("postgres") as connection:
            connection.execute(f'CREATE DATABASE "{name}" OWNER "{name}"'.encode())
        return roles[0], roles[1]

    def drop_database(self, name: str) -> None:
        """Remove a database and its roles."""
        with self.connect("postgres") as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
            for role in (name, f"{name}_app"):
                connection.execute(f'DROP ROLE "{role}"'.encode())

    def settings(self, database: str, role: Role) -> dict[str, str]:
        """The environment of a service that logs in as a role."""
        return {
            "DATABASE_HOST": "127.0.0.1",
            "DATABASE_PORT": str(self.port),
            "DATABASE_NAME": database,
            "DATABASE_USER": role.name,
            "DATABASE_PASSWORD_FILE": str(role.password_file),
            "DATABASE_SSLMODE": "disable",
            "DATABASE_WAIT_SECONDS": "30",
        }

    def _role(self, name: str) -> Role:
        role = Role(name, self.directory / f"{name}.password")
        role.password_file.write_text(secrets.token_urlsafe(32), encoding="utf-8")
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE ROLE \"{name}\" LOGIN PASSWORD '{role.password}'".encode())
        return role

    def _run(self, command: Sequence[str]) -> None:
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **_as(_unprivileged()))
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: exit code {done.returncode}: {done.stderr.strip()}")


def find_programs() -> Path:
    """Where initdb and postgres are: on the PATH, or where Debian keeps them.

    :raises PostgresMissing: nowhere
    """
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in found:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise PostgresMissing("PostgreSQL's initdb and postgres were not found; Debian: apt-get install postgresql-15")


def free_port() -> int:
    """A port of the loopback address that nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _unprivileged() -> tuple[int, int] | None:
    """As whom the server runs when we are root."""
    if os.geteuid() != 0:
        return None
    for name in NOBODY:
        try:
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
        except KeyError:
            continue
    raise PostgresMissing(f"PostgreSQL does not run as root, and there is no user {' or '.join(NOBODY)}")


def _as(identity: tuple[int, int] | None) -> dict[str, Any]:
    return {} if identity is None else {"user": identity[0], "group": identity[1], "extra_groups": []}
