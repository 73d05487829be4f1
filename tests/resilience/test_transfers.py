"""A hundred customers at once, one account that can pay for fifty."""

from __future__ import annotations

import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.live import bank, cluster
from tests.live.bank import Bank

REQUESTS = 100
PAYABLE = 50
AMOUNT = 100


def test_exactly_as_many_as_the_account_can_pay() -> None:
    """Fifty succeed, fifty are refused for lack of funds, and not a cent is made or lost."""
    url = cluster.gateway_url()
    customer, first, second = bank.funded(url, PAYABLE * AMOUNT)

    def one(_number: int) -> int:
        own = Bank(url, customer.token)
        key = secrets.token_hex(16)
        # Too many at once may be turned away; the same key makes it safe to ask again.
        for _attempt in range(30):
            status = own.transfer(first, second, AMOUNT, key).status
            if status not in (429, 502, 503, 504):
                return status
        return status

    with ThreadPoolExecutor(REQUESTS) as pool:
        statuses = Counter(pool.map(one, range(REQUESTS)))
    assert statuses == {201: PAYABLE, 409: REQUESTS - PAYABLE}
    assert (customer.balance(first), customer.balance(second)) == (0, PAYABLE * AMOUNT)
    assert bank.sum_of_postings() == 0


def test_one_key_a_hundred_times_is_one_payment() -> None:
    """Impatient clients that repeat themselves pay once."""
    url = cluster.gateway_url()
    customer, first, second = bank.funded(url, REQUESTS * AMOUNT)
    key = secrets.token_hex(16)

    def one(_number: int) -> tuple[int, str]:
        for _attempt in range(30):
            answer = Bank(url, customer.token).transfer(first, second, AMOUNT, key)
            if answer.status == 201:
                break
        return answer.status, str(answer.body.get("id"))

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(one, range(REQUESTS)))
    assert len(answers) == 1, answers
    assert customer.balance(second) == AMOUNT
