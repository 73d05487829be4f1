"""What this service is told besides what all are."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where the services are that this one calls."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    accounts_url: str
    identity_url: str
    reporting_url: str
    transactions_url: str

    def url(self, service: str) -> str:
        """Where a service is."""
        return str(getattr(self, f"{service}_url"))
