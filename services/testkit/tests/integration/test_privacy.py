"""What is planted in every field of every request is not found in any log afterwards."""

from __future__ import annotations

import json
import time
from uuid import uuid4

from testkit.bank import Customer
from testkit.stack import Stack

CARD = "4111111111111111"
SPACED = "5500 0055 5555 5559"
PERSON = "Wilhelmina Ploetzlich"
PASSWORD = "correct-horse-battery-staple-9"


def test_planted_data_is_not_in_the_logs(stack: Stack, public: Customer, treasury: Customer) -> None:
    """Names, addresses, passwords, tokens, card numbers: in good requests and in bad ones."""
    email = f"planted-{uuid4().hex[:8]}@example.com"
    sign_up = {"email": email, "password": PASSWORD, "name": PERSON}
    public.expect(201, "POST", "/v1/users", sign_up)
    public.call("POST", "/v1/users", sign_up)
    public.call("POST", "/v1/login", {"email": email, "password": PASSWORD + "wrong"})
    customer = public.log_in(email, PASSWORD)
    account = customer.open_account(name=PERSON)
    assert treasury.deposit(account, 100).status_code == 201
    for planted in (CARD, SPACED):
        assert customer.call("POST", "/v1/accounts", {"currency": "EUR", "name": planted}).status_code == 422
        assert customer.transfer(account, account, 1, reference=f"card {planted}").status_code == 422
        for path in (f"/v1/accounts/{planted}", f"/v1/{planted}", f"/v1/accounts?x={planted}&mail={email}"):
            customer.call("GET", path, x_request_id=planted, traceparent=planted, user_agent=planted)
        customer.call("POST", "/v1/transfers", {planted: planted}, idempotency_key=planted)
        customer.call("POST", "/v1/transfers", planted)
        Customer(public.http, f"eyJhbGciOiJFZERTQSJ9.{planted}.x").call("GET", "/v1/accounts")
    logs = stack.logs()
    for secret in (CARD, SPACED, PERSON, PASSWORD, email, customer.token, stack.treasury_password, "eyJ", "argon2id"):
        assert secret not in logs
    for service in stack.services.values():
        if service.name in ("accounts", "identity", "transactions"):
            password = service.environment["DATABASE_PASSWORD_FILE"]
            with open(password, encoding="utf-8") as file:
                assert file.read() not in logs


def test_logs_are_json_that_can_be_followed(stack: Stack, public: Customer) -> None:
    """One request id and one trace id through all services."""
    answer = public.newcomer().call("GET", f"/v1/accounts/{uuid4()}/statement")
    identifier = answer.headers["x-request-id"]
    found: list[dict[str, object]] = []
    end = time.monotonic() + 5
    # A line is written when the answer has gone. Identity is there too, if one of them had no keys yet.
    while not {line["service"] for line in found} >= {"gateway", "reporting", "accounts"}:
        assert time.monotonic() < end, found
        lines = [json.loads(line) for line in stack.logs().splitlines()]
        found = [line for line in lines if line.get("request_id") == identifier and line["message"] == "request"]
    assert len({line["trace_id"] for line in found}) == 1
    assert len({line["span_id"] for line in found}) == len(found)


def test_card_numbers_are_nowhere_in_the_databases(stack: Stack) -> None:
    """What was planted above was refused, not kept."""
    for database in ("accounts", "identity", "ledger"):
        with stack.postgres.connect(database) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            for (table,) in tables:
                text = connection.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t").fetchone()
                assert text is not None
                assert CARD not in text[0]
                assert SPACED not in text[0]
