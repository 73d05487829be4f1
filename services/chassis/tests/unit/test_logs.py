"""Nothing that must not be written down gets into a log."""

from __future__ import annotations

import json
import logging

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.logs import JsonFormatter
from chassis.sensitive import MASK, has_card_number, passes_luhn, redact

CARDS = ["4111111111111111", "4111 1111 1111 1111", "5500-0055-5555-5559", "378282246310005", "6011.0009.9013.9424"]


@pytest.mark.parametrize("card", CARDS)
def test_card_numbers_are_seen_and_removed(card: str) -> None:
    """However they are grouped."""
    assert has_card_number(f"pay {card} now")
    assert redact(f"pay {card} now") == f"pay {MASK} now"


@pytest.mark.parametrize("text", ["4111111111111112", "invoice 2026-11-23", "12345678", "0" * 40])
def test_other_numbers_are_left_alone(text: str) -> None:
    """Without the right check digit or length it is not a card number."""
    assert not has_card_number(text)
    assert redact(text) == text


@given(st.text(alphabet="0123456789", min_size=12, max_size=18))
def test_any_number_with_its_check_digit_is_removed(digits: str) -> None:
    """One of the ten last digits makes a card number of any twelve to eighteen."""
    full = next(digits + last for last in "0123456789" if passes_luhn(digits + last))
    assert full not in redact(f"<{full}>")


@pytest.mark.parametrize(
    "text",
    [
        "to alice.o'hara+bank@example.co.uk today",
        "Authorization: Bearer abcdefgh12345678",
        "token eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl end",
        'body {"password": "correct horse battery"}',
        "password=hunter2hunter2&x=1",
    ],
)
def test_personal_data_and_credentials_are_removed(text: str) -> None:
    """Addresses, tokens, passwords."""
    found = redact(text)
    assert MASK in found
    for secret in ("o'hara", "example.co.uk", "abcdefgh", "eyJ", "horse", "hunter2"):
        assert secret not in found


def _formatted(**more: object) -> dict[str, object]:
    record = logging.LogRecord("test", logging.INFO, __file__, 1, "for %s", ("bob@example.com",), None)
    record.__dict__.update(more)
    found: dict[str, object] = json.loads(JsonFormatter("ledger").format(record))
    return found


def test_records_are_json_with_their_fields() -> None:
    """Numbers stay numbers, texts are redacted."""
    found = _formatted(fields={"status": 200, "email": "bob@example.com"})
    assert found["message"] == f"for {MASK}"
    assert (found["status"], found["email"], found["service"]) == (200, MASK, "ledger")


def test_exceptions_are_written_without_their_text() -> None:
    """Database errors repeat the row that was refused."""
    try:
        raise psycopg.errors.UniqueViolation("Key (name)=(Alice Example) already exists")
    except psycopg.Error as error:
        found = _formatted(exc_info=(type(error), error, error.__traceback__))
    assert "Alice" not in json.dumps(found)
    exception = found["exception"]
    assert isinstance(exception, dict)
    assert exception["type"] == "psycopg.errors.UniqueViolation"
    assert exception["sqlstate"] == "23505"
    assert "test_logs.py" in exception["frames"][0]
