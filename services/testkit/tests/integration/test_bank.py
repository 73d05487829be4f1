"""The bank as a whole: what customers may do, may not do, and can rely on."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest

from testkit.bank import Customer, new_key
from testkit.stack import Stack


@dataclass
class Payer:
    """A customer with money in the first of two accounts."""

    customer: Customer
    first: str
    second: str


@pytest.fixture
def payer(public: Customer, treasury: Customer) -> Payer:
    """With 100.00."""
    customer = public.newcomer()
    first, second = customer.open_account(), customer.open_account(name="savings")
    assert treasury.deposit(first, 10_000).status_code == 201
    return Payer(customer, first, second)


def test_payment_reaches_both_statements(payer: Payer) -> None:
    """From signing up to two statements that agree with the balances."""
    paid = payer.customer.transfer(payer.first, payer.second, 2_500, reference="rent").json()
    listed = payer.customer.expect(200, "GET", "/v1/accounts")["items"]
    assert [(entry["id"], entry["status"]) for entry in listed] == [(payer.first, "open"), (payer.second, "open")]
    for account, amounts, closing in ((payer.first, [10_000, -2_500], 7_500), (payer.second, [2_500], 2_500)):
        statement = payer.customer.statement(account)
        assert [line["amount"] for line in statement["lines"]] == amounts
        assert statement["lines"][-1]["transaction_id"] == paid["id"]
        assert statement["lines"][-1]["reference"] == "rent"
        assert (statement["opening_balance"], statement["closing_balance"]) == (0, closing)
        assert payer.customer.balance(account) == closing


def test_same_key_is_one_payment(payer: Payer) -> None:
    """Ten at once and one later all get the first answer."""
    key = new_key()

    def pay(_number: int) -> tuple[int, str]:
        answer = payer.customer.transfer(payer.first, payer.second, 10, key)
        return answer.status_code, answer.text

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(pay, range(10)))
    assert answers == {pay(11)}
    assert payer.customer.balance(payer.second) == 10
    other = payer.customer.transfer(payer.first, payer.second, 11, key)
    assert other.status_code == 422
    assert other.json()["type"].endswith("/idempotency-key-reused")


def test_same_key_is_one_deposit(payer: Payer, treasury: Customer) -> None:
    """The treasury's requests are repeated, too."""
    key = new_key()
    answers = {treasury.deposit(payer.second, 5, key=key).text for _ in range(3)}
    assert len(answers) == 1
    assert payer.customer.balance(payer.second) == 5


def test_same_key_is_one_account_and_one_user(public: Customer) -> None:
    """A sign-up whose answer got lost can be repeated, by whoever knows the password."""
    body = {"email": f"{uuid4().hex}@example.com", "password": "correct horse battery", "name": "Again"}
    key = new_key()
    ids = {public.expect(201, "POST", "/v1/users", body, idempotency_key=key)["id"] for _ in range(2)}
    assert len(ids) == 1
    for change, headers in (
        ({}, {}),
        ({}, {"idempotency_key": new_key()}),
        ({"password": "another horse!"}, {"idempotency_key": key}),
    ):
        assert public.call("POST", "/v1/users", {**body, **change}, **headers).status_code == 409
    customer = public.log_in(body["email"].upper(), body["password"])
    wanted = {"currency": "EUR", "name": "once"}
    ids = {customer.expect(201, "POST", "/v1/accounts", wanted, idempotency_key=key)["id"] for _ in range(3)}
    assert len(ids) == 1
    assert customer.call("POST", "/v1/accounts", {**wanted, "name": "twice"}, idempotency_key=key).status_code == 422


def test_hundred_payments_at_once(payer: Payer) -> None:
    """From an account that can pay for fifty: exactly fifty succeed, through the gateway as in the database."""

    def pay(_number: int) -> int:
        return payer.customer.transfer(payer.first, payer.second, 200).status_code

    with ThreadPoolExecutor(25) as pool:
        assert Counter(pool.map(pay, range(100))) == {201: 50, 409: 50}
    assert (payer.customer.balance(payer.first), payer.customer.balance(payer.second)) == (0, 10_000)


def test_books_balance(stack: Stack, payer: Payer) -> None:
    """After whatever other tests have done."""
    assert payer.customer.transfer(payer.first, payer.second, 1).status_code == 201
    with stack.postgres.connect("ledger") as connection:
        assert connection.execute("SELECT sum(amount) FROM postings").fetchone() == (0,)


def test_more_than_there_is_cannot_be_paid(payer: Payer) -> None:
    """Told as a conflict of its own type."""
    answer = payer.customer.transfer(payer.first, payer.second, 10_001)
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/insufficient-funds")


def test_others_accounts_do_not_exist(payer: Payer, public: Customer) -> None:
    """Nobody learns whether an id is an account; the answers are the same as for one that is none."""
    stranger = public.newcomer()
    own = stranger.open_account()
    for path in ("", "/balance", "/statement"):
        theirs = stranger.call("GET", f"/v1/accounts/{payer.first}{path}")
        none = stranger.call("GET", f"/v1/accounts/{uuid4()}{path}")
        assert theirs.status_code == none.status_code == 404
        assert _same(theirs) == _same(none)
    theirs, none = stranger.transfer(payer.first, own, 1), stranger.transfer(str(uuid4()), own, 1)
    assert theirs.status_code == none.status_code == 404
    assert _same(theirs) == _same(none)
    assert payer.first not in stranger.call("GET", "/v1/accounts").text


def test_money_reaches_others(payer: Payer, public: Customer) -> None:
    """An account's id is all that is needed to pay into it."""
    friend = public.newcomer()
    account = friend.open_account()
    assert payer.customer.transfer(payer.first, account, 42).status_code == 201
    assert friend.balance(account) == 42


def test_only_the_treasury_funds(payer: Payer) -> None:
    """403 for customers."""
    answer = payer.customer.deposit(payer.first, 1)
    assert answer.status_code == 403
    assert payer.customer.balance(payer.first) == 10_000


def test_currencies_do_not_mix(payer: Payer) -> None:
    """Neither between accounts nor with the amount's."""
    dollars = payer.customer.open_account("USD")
    assert payer.customer.transfer(payer.first, dollars, 1).status_code == 422
    assert payer.customer.call("POST", "/v1/accounts", {"currency": "XTS", "name": "x"}).status_code == 422


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ({}, {}, 400),
        ({}, {"idempotency_key": "short"}, 400),
        ({"amount": 0}, {"idempotency_key": "12345678"}, 422),
        ({"amount": "10"}, {"idempotency_key": "12345678"}, 422),
        ({"amount": 1.5}, {"idempotency_key": "12345678"}, 422),
        ({"amount": 2**70}, {"idempotency_key": "12345678"}, 422),
        ({"owner": "me"}, {"idempotency_key": "12345678"}, 422),
    ],
)
def test_odd_payments_are_refused(payer: Payer, body: dict[str, object], headers: dict[str, str], status: int) -> None:
    """Without a key, or with an amount that is none."""
    good = {"from_account": payer.first, "to_account": payer.second, "amount": 1, "currency": "EUR"}
    assert payer.customer.call("POST", "/v1/transfers", {**good, **body}, **headers).status_code == status
    assert payer.customer.balance(payer.second) == 0


@pytest.mark.parametrize(
    ("email", "password"),
    [("nobody@example.com", "correct horse battery"), ("x\x00y", "p"), ("treasury@platform.internal", "wrong")],
)
def test_wrong_credentials_are_all_alike(public: Customer, email: str, password: str) -> None:
    """Whether the address or the password is wrong is not told."""
    answer = public.call("POST", "/v1/login", {"email": email, "password": password})
    assert answer.status_code == 401
    assert answer.json()["detail"] == "The e-mail address or the password is wrong"


def test_nobody_signs_up_twice_or_as_the_bank(public: Customer) -> None:
    """Nor with a password that is easily guessed."""
    body = {"email": f"{uuid4().hex}@example.com", "password": "correct horse battery", "name": "Once"}
    public.expect(201, "POST", "/v1/users", body)
    assert public.call("POST", "/v1/users", {**body, "email": body["email"].upper()}).status_code == 409
    for change in ({"email": "root@platform.internal"}, {"email": "no"}, {"password": "password12345"}):
        assert public.call("POST", "/v1/users", {**body, **change}).status_code == 422


def _same(answer: httpx.Response) -> dict[str, object]:
    return {name: value for name, value in answer.json().items() if name != "request_id"}
