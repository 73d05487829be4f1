"""Money is a positive whole number of minor units, and nothing unknown or forbidden gets in."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from chassis.money import MOST
from transactions.api.schemas import Deposit, Transfer

GOOD: dict[str, Any] = {"from_account": str(uuid4()), "to_account": str(uuid4()), "amount": 1, "currency": "EUR"}


@pytest.mark.parametrize("amount", [0, -1, 1.0, 1.5, "10", True, None, MOST + 1, 2**63, float("inf")], ids=repr)
def test_odd_amounts_are_refused(amount: object) -> None:
    """Fractions, texts, truths, nothing, too much."""
    with pytest.raises(ValidationError):
        Transfer.model_validate({**GOOD, "amount": amount})
    with pytest.raises(ValidationError):
        Deposit.model_validate({"account_id": str(uuid4()), "currency": "EUR", "amount": amount})


@pytest.mark.parametrize(
    "change",
    [
        {"currency": "eur"},
        {"currency": "EUR\n"},
        {"currency": "EURO"},
        {"reference": "x" * 141},
        {"reference": "a\x00b"},
        {"reference": "card 4111 1111 1111 1111"},
        {"reference": "\ud800"},
        {"owner": str(uuid4())},
        {"from_account": "1"},
    ],
    ids=str,
)
def test_odd_requests_are_refused(change: dict[str, object]) -> None:
    """Wrong currencies, references that are too long, unprintable or hold a card number, unknown fields."""
    with pytest.raises(ValidationError):
        Transfer.model_validate({**GOOD, **change})


def test_good_request_is_taken() -> None:
    """With any largest amount and any letters."""
    taken = Transfer.model_validate({**GOOD, "amount": MOST, "reference": "Miete für Käthe, 2026-11 ✓"})
    assert taken.amount == MOST
