"""A service refuses to start on a missing or well-known secret, and says which without telling it."""

from __future__ import annotations

from pathlib import Path

import pytest

from chassis.main import main
from chassis.settings import DatabaseSettings, ServiceSettings, SettingsInvalid, read, read_secret

GOOD = "kD3vXq0ZtN7uYw1R5mJc"


def test_secret_is_read_without_its_newline(tmp_path: Path) -> None:
    """As files usually end with one."""
    (tmp_path / "secret").write_text(GOOD + "\n", encoding="utf-8")
    assert read_secret(tmp_path / "secret") == GOOD


@pytest.mark.parametrize(
    "text", ["", "changeme", "Password", "short-but-random", "a" * 40, "abababababababababab"[:15]]
)
def test_unfit_secret_is_refused_without_being_told(tmp_path: Path, text: str) -> None:
    """Empty, well-known, short or monotonous."""
    path = tmp_path / "secret"
    path.write_text(text[:15] if text.startswith("short") else text, encoding="utf-8")
    with pytest.raises(SettingsInvalid) as refused:
        read_secret(path)
    assert str(path) in str(refused.value)
    assert not text or text not in str(refused.value)


def test_missing_secret_is_refused(tmp_path: Path) -> None:
    """The file is named."""
    with pytest.raises(SettingsInvalid, match="nowhere"):
        read_secret(tmp_path / "nowhere")


def test_all_wrong_variables_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """With their full names and without their values."""
    for name in ("HOST", "NAME", "USER", "PASSWORD_FILE"):
        monkeypatch.delenv(f"DATABASE_{name}", raising=False)
    monkeypatch.setenv("DATABASE_PORT", "http://secret-looking")
    with pytest.raises(SettingsInvalid) as refused:
        read(DatabaseSettings)
    for name in ("DATABASE_HOST", "DATABASE_NAME", "DATABASE_USER", "DATABASE_PASSWORD_FILE", "DATABASE_PORT"):
        assert name in str(refused.value)
    assert "secret-looking" not in str(refused.value)


def test_database_parameters_verify_the_server_by_default(tmp_path: Path) -> None:
    """Encryption without verification has to be asked for."""
    (tmp_path / "password").write_text(GOOD, encoding="utf-8")
    settings = DatabaseSettings(host="db", name="ledger", user="ledger_app", password_file=tmp_path / "password")
    assert settings.parameters()["sslmode"] == "verify-full"
    assert settings.parameters()["target_session_attrs"] == "read-write"


def test_secrets_are_found_by_name(tmp_path: Path) -> None:
    """In the directory where they are mounted."""
    (tmp_path / "treasury_password").write_text(GOOD, encoding="utf-8")
    assert ServiceSettings(service_name="x", secrets_directory=tmp_path).secret("treasury_password") == GOOD


@pytest.mark.parametrize("arguments", [[], ["dance"], ["serve", "now"]])
def test_unknown_commands_are_told_how(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The usage, and exit code 2."""
    assert main("gateway", arguments) == 2
    assert "serve|migrate" in capsys.readouterr().err
