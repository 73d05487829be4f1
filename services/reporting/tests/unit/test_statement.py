"""A statement whose lines follow from one another, or none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.client import Answer, Callee
from chassis.problems import Problem
from chassis.tokens import Principal
from reporting.adapters import sources
from reporting.adapters.sources import Sources
from reporting.domain.statement import AccountUnknown, DoesNotReconcile, Line, TooLong, draw_up
from testkit.fakes import FakeTransport, Sent, answer

ACCOUNT = uuid4()
CALLER = Principal(str(uuid4()), frozenset(), "a-token")


def lines(amounts: list[int]) -> list[Line]:
    """Postings as the ledger would have them."""
    return [
        Line(100 + place, uuid4(), place, amount, sum(amounts[:place]), datetime.now(UTC), "transfer", None)
        for place, amount in enumerate(amounts, 1)
    ]


@given(st.lists(st.integers(-1000, 1000).filter(bool)))
def test_statement_ends_with_the_balance(amounts: list[int]) -> None:
    """Whatever happened."""
    found = draw_up(ACCOUNT, "EUR", sum(amounts), len(amounts), lines(amounts))
    assert found.opening_balance + sum(line.amount for line in found.lines) == found.closing_balance == sum(amounts)


GOOD = lines([100, -30, 5])


@pytest.mark.parametrize(
    ("balance", "last", "given"),
    [
        (75, 3, GOOD[:2]),
        (75, 3, [GOOD[0], GOOD[2]]),
        (75, 3, [*GOOD, GOOD[2]]),
        (76, 3, GOOD),
        (75, 4, GOOD),
        (75, 3, [GOOD[0], replace(GOOD[1], amount=-29), GOOD[2]]),
        (75, 3, [GOOD[0], replace(GOOD[1], balance=71), GOOD[2]]),
        (75, 3, GOOD[1:] + GOOD[:1]),
    ],
    ids=["last missing", "gap", "twice", "balance", "number", "amount", "line's balance", "order"],
)
def test_what_does_not_add_up_is_not_issued(balance: int, last: int, given: list[Line]) -> None:
    """However small the difference."""
    with pytest.raises(DoesNotReconcile):
        draw_up(ACCOUNT, "EUR", balance, last, given)


class Ledger:
    """Services accounts and transactions; postings come while the statement is drawn up."""

    def __init__(self, amounts: list[int]) -> None:
        self.lines = lines(amounts)
        self.account = answer(200, {})
        self.pages = 0

    def respond(self, request: Sent) -> Answer:
        assert request.headers["authorization"] == "Bearer a-token"
        if request.host == "accounts":
            return self.account
        after = int(request.query["after"])
        balance, last = self.lines[-1].balance, self.lines[-1].seq
        page: list[dict[str, Any]] = [vars(line) for line in self.lines[after : after + sources.PAGE]]
        self.pages += 1
        self.lines.append(Line(1, uuid4(), last + 1, 1, balance + 1, datetime.now(UTC), "transfer", None))
        body = {"account_id": str(ACCOUNT), "currency": "EUR", "balance": balance, "last_seq": last}
        return answer(200, {**body, "postings": page})

    def sources(self) -> Sources:
        transport = FakeTransport(self.respond)
        return Sources(Callee(transport, "accounts", "http://accounts"), Callee(transport, "ledger", "http://ledger"))


async def test_pages_become_one_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of the first question: what is posted meanwhile is left out."""
    monkeypatch.setattr(sources, "PAGE", 10)
    ledger = Ledger([1] * 25)
    found = await ledger.sources().statement(ACCOUNT, CALLER)
    assert [line.seq for line in found.lines] == list(range(1, 26))
    assert found.closing_balance == 25
    assert ledger.pages == 3


@pytest.mark.parametrize(("status", "kind"), [(404, AccountUnknown), (401, Problem), (500, Problem), (503, Problem)])
async def test_refusals_of_other_services(status: int, kind: type[Exception]) -> None:
    """Are told in our own words."""
    ledger = Ledger([1])
    ledger.account = answer(status, {"detail": "insides"})
    with pytest.raises(kind) as refused:
        await ledger.sources().statement(ACCOUNT, CALLER)
    assert "insides" not in str(vars(refused.value))


async def test_endless_accounts_get_no_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than one that takes all memory."""
    monkeypatch.setattr(sources, "MOST_LINES", 5)
    with pytest.raises(TooLong):
        await Ledger([1] * 6).sources().statement(UUID(int=1), CALLER)
