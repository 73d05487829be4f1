"""Payments: what a customer may do, may not do, and can rely on."""

from __future__ import annotations

import secrets

import pytest

from tests.live import bank, cluster
from tests.live.bank import Bank


@pytest.fixture(scope="module")
def url() -> str:
    """The public address."""
    return cluster.gateway_url()


@pytest.fixture(scope="module")
def payer(url: str) -> tuple[Bank, str, str]:
    """A customer with 100.00 in the first of two accounts."""
    return bank.funded(url, 10_000)


def test_payment_reaches_both_statements(url: str) -> None:
    """From signing up to two statements that agree."""
    customer, first, second = bank.funded(url, 500)
    assert customer.transfer(first, second, 120).status == 201
    assert (customer.balance(first), customer.balance(second)) == (380, 120)
    for account, expected in ((first, [500, -120]), (second, [120])):
        statement = customer.statement(account)
        assert sorted(line["amount"] for line in statement["lines"]) == sorted(expected)
        assert statement["closing_balance"] == sum(expected)


def test_same_key_is_one_payment(payer: tuple[Bank, str, str]) -> None:
    """A repeated request is answered as the first was, and nothing moves again."""
    customer, first, second = payer
    key, before = secrets.token_hex(16), customer.balance(first)
    answers = [customer.transfer(first, second, 10, key) for _ in range(3)]
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["id"] for answer in answers}) == 1
    assert customer.balance(first) == before - 10


def test_same_key_for_another_payment_is_refused(payer: tuple[Bank, str, str]) -> None:
    """A key stands for one request body."""
    customer, first, second = payer
    key = secrets.token_hex(16)
    assert customer.transfer(first, second, 10, key).status == 201
    assert customer.transfer(first, second, 11, key).status == 422


def test_payment_without_a_key_is_refused(payer: tuple[Bank, str, str]) -> None:
    """Without a key nobody could repeat it safely."""
    customer, first, second = payer
    body = {"from_account": first, "to_account": second, "amount": 10, "currency": "EUR"}
    assert customer.call("POST", "/v1/transfers", body).status in (400, 422)


@pytest.mark.parametrize("amount", [0, -5, 1.5, "10"], ids=str)
def test_odd_amount_is_refused(payer: tuple[Bank, str, str], amount: object) -> None:
    """Money is a positive whole number of minor units."""
    customer, first, second = payer
    body = {"from_account": first, "to_account": second, "amount": amount, "currency": "EUR"}
    assert customer.call("POST", "/v1/transfers", body, secrets.token_hex(16)).status == 422


def test_more_than_there_is_cannot_be_paid(payer: tuple[Bank, str, str]) -> None:
    """The ledger's own rule, told as a conflict."""
    customer, first, second = payer
    answer = customer.transfer(first, second, customer.balance(first) + 1)
    assert answer.status == 409
    assert "insufficient-funds" in answer.body["type"]


def test_others_accounts_do_not_exist(url: str, payer: tuple[Bank, str, str]) -> None:
    """Whoever does not own an account cannot even learn that it is there."""
    _owner, first, second = payer
    stranger = Bank(url).customer()
    for path in (f"/v1/accounts/{first}", f"/v1/accounts/{first}/balance", f"/v1/accounts/{first}/statement"):
        assert stranger.call("GET", path).status == 404, path
    assert stranger.transfer(first, second, 1).status == 404


def test_customer_cannot_make_money(payer: tuple[Bank, str, str]) -> None:
    """Deposits are the treasury's."""
    customer, first, _second = payer
    body = {"account_id": first, "amount": 1, "currency": "EUR"}
    assert customer.call("POST", "/v1/deposits", body, secrets.token_hex(16)).status == 403


@pytest.mark.parametrize("token", ["", "not.a.token", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."])
def test_nobody_is_let_in_without_a_token(url: str, token: str) -> None:
    """No token, a broken one, and one that says it needs no signature."""
    assert Bank(url, token).call("GET", "/v1/accounts").status == 401


def test_inner_pages_are_not_public(url: str) -> None:
    """Health, metrics and the ledger's own interface stay inside."""
    for path in ("/metrics", "/readyz", "/jwks", "/ledger/accounts/1"):
        assert Bank(url).call("GET", path).status in (401, 403, 404), path


def test_books_balance() -> None:
    """After all that, all postings add up to nothing."""
    assert bank.sum_of_postings() == 0
