"""Many at once: no account overdrawn, no payment doubled, no circle of locks."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress

import pytest

from chassis.idempotency import KeyReused
from transactions.domain.ledger import InsufficientFunds
from transactions.tests.integration.conftest import Books


async def test_hundred_payments_from_an_account_that_can_pay_for_fifty(books: Books) -> None:
    """Exactly fifty succeed, and nothing is made or lost."""
    source, target = await books.account(50 * 7), await books.account()

    async def pay() -> str:
        try:
            await books.transfer(source, target, 7)
        except InsufficientFunds:
            return "refused"
        return "paid"

    outcomes = Counter(await asyncio.gather(*(pay() for _ in range(100))))
    assert outcomes == {"paid": 50, "refused": 50}
    assert await books.holds(source) == 0
    assert await books.holds(target) == 350
    assert books.value("SELECT sum(amount) FROM postings") == 0


async def test_one_key_at_once_is_one_payment(books: Books) -> None:
    """Concurrent duplicates all get the first answer."""
    source, target = await books.account(1000), await books.account()
    answers = await asyncio.gather(*(books.transfer(source, target, 10, "the-same-key") for _ in range(40)))
    assert len(set(answers)) == 1
    assert await books.holds(target) == 10


async def test_refused_payment_leaves_its_key_usable(books: Books) -> None:
    """A refusal had no effect, so the same request may succeed later."""
    source, target = await books.account(5), await books.account()
    with pytest.raises(InsufficientFunds):
        await books.transfer(source, target, 10, "later-perhaps")
    await books.deposit(source, 5)
    first = await books.transfer(source, target, 10, "later-perhaps")
    assert await books.transfer(source, target, 10, "later-perhaps") == first


async def test_key_of_another_request_is_refused(books: Books) -> None:
    """One key, two amounts."""
    source, target = await books.account(100), await books.account()
    await books.transfer(source, target, 10, "key-of-ten")
    with pytest.raises(KeyReused):
        await books.transfer(source, target, 11, "key-of-ten")
    assert await books.holds(target) == 10


async def test_keys_of_two_people_are_two_keys(books: Books) -> None:
    """Nobody can find out or take another person's key."""
    one, two, target = await books.account(10), await books.account(10), await books.account()
    first = await books.transfer(one, target, 10, "everybody-s-key")
    second = await books.transfer(two, target, 10, "everybody-s-key")
    assert first.id != second.id


async def test_payments_in_circles_do_not_wait_for_each_other(books: Books) -> None:
    """Random payments among five accounts: all end, balances are sums of postings, no deadlock."""
    before = books.value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    accounts = [await books.account(1000) for _ in range(5)]
    chance = random.Random(7)

    async def pay() -> None:
        source, target = chance.sample(accounts, 2)
        with suppress(InsufficientFunds):
            await books.transfer(source, target, chance.randint(1, 900))

    await asyncio.gather(*(pay() for _ in range(200)))
    held = [await books.holds(account) for account in accounts]
    assert sum(held) == 5000
    assert min(held) >= 0
    wrong = "SELECT count(*) FROM accounts a WHERE balance <> coalesce((SELECT sum(amount) FROM postings WHERE account_id = a.id), 0)"
    assert books.value(wrong) == 0
    assert books.value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == before


async def test_lines_follow_from_one_another(books: Books) -> None:
    """Numbered without gaps in the order in which they took effect, each with the balance after it and a later time."""
    source, target = await books.account(100), await books.account()
    await asyncio.gather(*(books.transfer(source, target, 1) for _ in range(30)))
    lines = await books.ledger.lines(source.id, 0, 100)
    assert [line.seq for line in lines] == list(range(1, 32))
    assert [line.balance for line in lines] == [100 - spent for spent in range(31)]
    assert sorted(lines, key=lambda line: line.created_at) == lines
    assert await books.ledger.lines(source.id, 29, 1) == lines[29:30]
