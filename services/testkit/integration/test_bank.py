"""The bank as a whole: what customers may do, may not do, and can rely on."""

from __future__ import annotations

from testkit.bank import Customer


def test_payment_reaches_both_statements(public: Customer, treasury: Customer) -> None:
    """From signing up to two statements that agree with the balances."""
    customer = public.newcomer()
    first, second = customer.open_account(name="current"), customer.open_account(name="savings")
    deposit = treasury.deposit(first, 10_000)
    assert deposit.status_code == 201, deposit.text
    paid = customer.transfer(first, second, 2_500, reference="rent").json()
    assert {entry["id"] for entry in customer.expect(200, "GET", "/v1/accounts")["items"]} == {first, second}
    for account, amounts, closing in ((first, [10_000, -2_500], 7_500), (second, [2_500], 2_500)):
        statement = customer.statement(account)
        assert [line["amount"] for line in statement["lines"]] == amounts
        assert statement["lines"][-1]["transaction_id"] == paid["id"]
        assert statement["lines"][-1]["reference"] == "rent"
        assert (statement["opening_balance"], statement["closing_balance"]) == (0, closing)
        assert customer.balance(account) == closing
