"""Accounts and postings, asked for in the caller's name."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from chassis.client import Answer, Callee
from chassis.problems import Problem, unavailable
from chassis.tokens import Principal
from reporting.domain.statement import MOST_LINES, AccountUnknown, Line, Statement, TooLong, draw_up

PAGE = 1000
LINES = TypeAdapter(list[Line])


class Sources:
    """Services accounts and transactions, as far as this one needs them."""

    def __init__(self, accounts: Callee, transactions: Callee) -> None:
        self.accounts, self.transactions = accounts, transactions

    async def statement(self, account_id: UUID, caller: Principal) -> Statement:
        """The statement of one of the caller's accounts, as of the moment of the first question.

        :raises StatementError: there is none, or it would not be true
        :raises Problem: a service does not answer
        """
        _checked(await self.accounts.call("GET", f"/v1/accounts/{account_id}", headers=caller.headers()))
        first = await self._page(account_id, caller, 0)
        last: int = first["last_seq"]
        if last > MOST_LINES:
            raise TooLong(f"A statement has {MOST_LINES} lines at most")
        lines = LINES.validate_python(first["postings"])
        while lines and lines[-1].seq < last:
            page = LINES.validate_python((await self._page(account_id, caller, lines[-1].seq))["postings"])
            # What was posted since the first question belongs into the next statement.
            lines += [line for line in page if line.seq <= last]
            if not page:
                break
        return draw_up(account_id, first["currency"], first["balance"], last, lines)

    async def _page(self, account_id: UUID, caller: Principal, after: int) -> dict[str, Any]:
        answer = await self.transactions.call(
            "GET",
            f"/ledger/accounts/{account_id}/postings",
            query={"after": after, "limit": PAGE},
            headers=caller.headers(),
        )
        return _checked(answer)


def _checked(answer: Answer) -> dict[str, Any]:
    """An answer's content; refusals are passed on in our own words."""
    if answer.status == 404:
        raise AccountUnknown("The account does not exist")
    if answer.status == 401:
        raise Problem(401, "not-authenticated", "The access token is no longer valid", {"WWW-Authenticate": "Bearer"})
    if answer.status != 200:
        raise unavailable("ledger")
    content: dict[str, Any] = answer.json()
    return content
