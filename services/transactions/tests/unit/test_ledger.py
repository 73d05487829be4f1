"""What a payment is made of, and when it is refused before the database is asked."""

from __future__ import annotations

import re
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.migrations import folder
from chassis.money import MINOR_UNITS, MOST
from transactions.domain.ledger import (
    Account,
    AccountUnknown,
    CurrencyMismatch,
    LedgerError,
    Order,
    Posting,
    SameAccount,
    in_order,
    make_transaction,
)

OWNER, OTHER = uuid4(), uuid4()
MINE, SAVINGS = Account(uuid4(), OWNER, "EUR"), Account(uuid4(), OWNER, "EUR")
THEIRS, DOLLARS = Account(uuid4(), OTHER, "EUR"), Account(uuid4(), OTHER, "USD")
EXTERNAL = Account(uuid4(), None, "EUR")
KNOWN = {account.id: account for account in (MINE, SAVINGS, THEIRS, DOLLARS, EXTERNAL)}
TRANSFER = Order("transfer", MINE.id, THEIRS.id, 10, "EUR", None, OWNER)


@given(st.integers(1, MOST), st.uuids(), st.uuids())
def test_postings_add_up_to_nothing_and_are_in_order(amount: int, first: UUID, second: UUID) -> None:
    """For any amount between any two accounts."""
    if first == second:
        return
    accounts = {first: Account(first, OWNER, "EUR"), second: Account(second, OTHER, "EUR")}
    order = Order("transfer", first, second, amount, "EUR", None, OWNER)
    postings = make_transaction(order, uuid4(), accounts).postings
    assert sum(posting.amount for posting in postings) == 0
    assert {posting.account_id: posting.amount for posting in postings} == {first: -amount, second: amount}
    assert [posting.account_id for posting in postings] == sorted([first, second], key=lambda id: id.bytes)


@pytest.mark.parametrize(
    ("order", "refusal"),
    [
        (replace(TRANSFER, source=THEIRS.id, target=MINE.id), AccountUnknown),
        (replace(TRANSFER, source=uuid4()), AccountUnknown),
        (replace(TRANSFER, target=uuid4()), AccountUnknown),
        (replace(TRANSFER, source=EXTERNAL.id), AccountUnknown),
        (replace(TRANSFER, target=EXTERNAL.id), AccountUnknown),
        (replace(TRANSFER, kind="deposit"), AccountUnknown),
        (replace(TRANSFER, target=MINE.id), SameAccount),
        (replace(TRANSFER, target=DOLLARS.id), CurrencyMismatch),
        (replace(TRANSFER, currency="USD"), CurrencyMismatch),
    ],
    ids=[
        "another's",
        "no source",
        "no target",
        "bank's own",
        "to bank's own",
        "from a customer",
        "same",
        "USD",
        "in USD",
    ],
)
def test_refusals(order: Order, refusal: type[LedgerError]) -> None:
    """Each for its reason."""
    with pytest.raises(refusal):
        make_transaction(order, uuid4(), KNOWN)


def test_deposit_comes_from_the_bank_s_own_account() -> None:
    """Whoever orders it: the scope was checked before."""
    order = Order("deposit", EXTERNAL.id, MINE.id, 10, "EUR", None, OTHER)
    assert make_transaction(order, uuid4(), KNOWN).kind == "deposit"


@pytest.mark.parametrize("amount", [0, -1])
def test_amounts_are_positive(amount: int) -> None:
    """The schema says so too; this is for callers that have none."""
    with pytest.raises(ValueError, match="positive"):
        make_transaction(replace(TRANSFER, amount=amount), uuid4(), KNOWN)


@pytest.mark.parametrize("amounts", [(), (0,), (5, -4), (1, 1, -1)])
def test_postings_that_do_not_add_up_are_refused(amounts: tuple[int, ...]) -> None:
    """Before the database has to."""
    with pytest.raises(ValueError, match="add up"):
        in_order(tuple(Posting(uuid4(), amount, "EUR") for amount in amounts))


def test_currencies_are_those_of_the_migration() -> None:
    """One list, written twice: in the program and in the database."""
    sql = (folder("transactions") / "0001_ledger.sql").read_text(encoding="utf-8")
    found = re.findall(r"^  \('([A-Z]{3})', (\d)\)", sql, re.MULTILINE)
    assert {code: int(digits) for code, digits in found} == MINOR_UNITS
