"""Settings from the environment and secrets from files. A service refuses to start on a missing or well-known secret."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRETS = Path("/etc/platform/secrets")
SHORTEST_SECRET = 16
WELL_KNOWN = frozenset(
    {"admin", "change-me", "changeit", "changeme", "default", "example", "password", "postgres", "secret", "test"}
)

Model = TypeVar("Model", bound=BaseSettings)


class SettingsInvalid(Exception):
    """A setting or secret is missing or unfit; the text names it, says why, and never holds its value."""


class ServiceSettings(BaseSettings):
    """What every service is told."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    service_name: str
    environment: str = "local"
    host: str = "0.0.0.0"
    port: int = Field(8080, ge=1, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    request_seconds: float = Field(10.0, gt=0, le=120)
    request_bytes: int = Field(65536, ge=1024)
    secrets_directory: Path = SECRETS

    def secret(self, name: str) -> str:
        """A secret of this service by name."""
        return read_secret(self.secrets_directory / name)


class DatabaseSettings(BaseSettings):
    """Where a service's database is, and as whom to log in."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="DATABASE_")

    host: str
    port: int = Field(5432, ge=1, le=65535)
    name: str
    user: str
    password_file: Path
    sslmode: Literal["disable", "require", "verify-ca", "verify-full"] = "verify-full"
    sslrootcert: Path | None = None
    # 22 pods at most share PostgreSQL's 100 connections.
    pool_size: int = Field(4, ge=1, le=50)
    wait_seconds: float = Field(180.0, gt=0)

    def parameters(self) -> dict[str, str | int]:
        """Connection parameters for libpq. A silent peer (a dead node) is noticed within about ten seconds."""
        found: dict[str, str | int] = {
            "host": self.host,
            "port": self.port,
            "dbname": self.name,
            "user": self.user,
            "password": read_secret(self.password_file),
            "sslmode": self.sslmode,
            "connect_timeout": 5,
            "target_session_attrs": "read-write",
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
        }
        if self.sslrootcert is not None:
            found["sslrootcert"] = str(self.sslrootcert)
        return found


def read_settings(service: str) -> ServiceSettings:
    """The settings that every service has.

    :raises SettingsInvalid: naming every variable that is missing or wrong
    """
    os.environ.setdefault("SERVICE_NAME", service)
    return read(ServiceSettings)


def read(model: type[Model]) -> Model:
    """Settings of any kind from the environment.

    :raises SettingsInvalid: naming every variable that is missing or wrong
    """
    try:
        return model()
    except ValidationError as error:
        prefix = model.model_config.get("env_prefix", "")
        wrong = [
            f"{prefix}{'.'.join(map(str, e['loc']))}".upper() + f": {e['msg']}"
            for e in error.errors(include_input=False)
        ]
        raise SettingsInvalid("environment variables: " + "; ".join(wrong)) from None


def read_secret(path: Path) -> str:
    """The text of a secret file.

    :raises SettingsInvalid: it cannot be read, is short, or is a word that everybody tries first
    """
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid(f"secret file {path} cannot be read ({type(error).__name__}); mount it") from None
    if text.lower() in WELL_KNOWN or len(set(text)) < 4:
        raise SettingsInvalid(f"secret file {path} holds a well-known value; generate a random one")
    if len(text) < SHORTEST_SECRET:
        raise SettingsInvalid(f"secret file {path} is shorter than {SHORTEST_SECRET} characters; generate a random one")
    return text
