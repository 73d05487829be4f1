"""The ledger's rules are PostgreSQL's: neither a bug in the service nor a person with SQL gets around them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from testkit.postgres import Postgres, Role
from testkit.stack import migrate
from transactions.domain.ledger import Account, AccountDiffers, AccountUnknown, CurrencyUnknown, Order
from transactions.tests.integration.conftest import NAME, Books

Connection = psycopg.Connection[Any]
Postings = list[tuple[Account, int]]

TABLES = ("postings", "transactions", "idempotency_keys")
POST = "INSERT INTO postings (transaction_id, account_id, amount, currency) VALUES (%s, %s, %s, %s)"
BEGIN = "INSERT INTO transactions (id, kind, created_by) VALUES (%s, 'transfer', %s)"


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", ["UPDATE {} SET created_at = now()", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize("who", ["app", "owner", "superuser"])
async def test_nothing_posted_is_changed(books: Books, table: str, statement: str, who: str) -> None:
    """The runtime role lacks the privilege; the owner and even a superuser run into the trigger."""
    account = await books.account(5)
    with _as(books, who) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(statement.format(table).encode())
    assert await books.holds(account) == 5


@pytest.mark.parametrize("who", ["app", "owner", "superuser"])
@pytest.mark.parametrize(
    "change",
    ["balance = 1000000", "allow_negative = true, owner = NULL", "owner = gen_random_uuid()", "currency = 'USD'"],
)
async def test_accounts_change_only_by_postings(books: Books, who: str, change: str) -> None:
    """Nobody writes a balance, or makes an account one that may be overdrawn."""
    account = await books.account(5)
    with _as(books, who) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(f"UPDATE accounts SET {change} WHERE id = %s".encode(), (account.id,))
    assert await books.holds(account) == 5


@pytest.mark.parametrize("who", ["app", "owner"])
async def test_accounts_are_never_removed(books: Books, who: str) -> None:
    """With their postings they are the bank's memory."""
    account = await books.account()
    with _as(books, who) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("DELETE FROM accounts WHERE id = %s", (account.id,))


async def test_account_cannot_begin_with_money(books: Books) -> None:
    """Not even by the owner's hand."""
    insert = "INSERT INTO accounts (id, owner, currency, balance) VALUES (%s, %s, 'EUR', 100)"
    for role, refusal in (
        (books.app, errors.InsufficientPrivilege),
        (books.owner, errors.IntegrityConstraintViolation),
    ):
        with books.connect(role) as connection, pytest.raises(refusal):
            connection.execute(insert, (uuid4(), uuid4()))


@pytest.mark.parametrize("amounts", [[(0, -5), (1, 4)], [(0, -5), (1, 6)], [(0, -5)], []], ids=str)
async def test_unbalanced_transaction_is_refused(books: Books, amounts: list[tuple[int, int]]) -> None:
    """Money is neither made nor lost, whoever writes the postings."""
    accounts = [await books.account(100), await books.account(100)]
    with books.connect(books.owner) as connection, pytest.raises(errors.IntegrityConstraintViolation) as refused:
        _post(connection, [(accounts[place], amount) for place, amount in amounts])
    assert refused.value.diag.constraint_name == "transaction_balances"
    assert [await books.holds(account) for account in accounts] == [100, 100]


async def test_currencies_balance_each_for_itself(books: Books) -> None:
    """Five euros are not five dollars."""
    euros, dollars = await books.account(100), await books.account(100, currency="USD")
    with books.connect(books.app) as connection, pytest.raises(errors.IntegrityConstraintViolation):
        _post(connection, [(euros, -5), (dollars, 5)])


async def test_finished_transaction_is_not_added_to(books: Books) -> None:
    """A balanced pair of postings does not slip into yesterday's payment."""
    source, target = await books.account(100), await books.account()
    posted = await books.transfer(source, target, 10)
    with books.connect(books.app) as connection, pytest.raises(errors.IntegrityConstraintViolation) as refused:
        _add(connection, posted.id, [(source, -5), (target, 5)])
    assert refused.value.diag.constraint_name == "transaction_finished"
    assert await books.holds(target) == 10


async def test_check_cannot_be_had_before_the_end(books: Books) -> None:
    """SET CONSTRAINTS IMMEDIATE in the middle does not let a later posting through."""
    source, target = await books.account(100), await books.account()
    with books.connect(books.app) as connection, pytest.raises(errors.IntegrityConstraintViolation):
        _post(connection, [(source, -5), (target, 5)], then=[(target, 50)])
    assert await books.holds(target) == 0


async def test_overdraft_is_refused_by_the_database(books: Books) -> None:
    """Without the service, too."""
    source, target = await books.account(4), await books.account()
    with books.connect(books.owner) as connection, pytest.raises(errors.CheckViolation) as refused:
        _post(connection, [(source, -5), (target, 5)])
    assert refused.value.diag.constraint_name == "sufficient_funds"


async def test_posting_in_another_currency_is_refused(books: Books) -> None:
    """An account holds one currency."""
    source, target = await books.account(100), await books.account()
    dollars = Account(target.id, target.owner, "USD")
    with books.connect(books.app) as connection, pytest.raises(errors.ForeignKeyViolation):
        _post(connection, [(source, -5), (dollars, 5)])


async def test_runtime_role_cannot_choose_what_the_database_knows(books: Books) -> None:
    """Numbers, balances and times of postings are not the service's to say."""
    account = await books.account(5)
    sql = "INSERT INTO postings (transaction_id, account_id, amount, currency, seq) VALUES (%s, %s, 1, 'EUR', 1)"
    with books.connect(books.app) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(sql, (uuid4(), account.id))


async def test_runtime_role_cannot_make_tables(books: Books) -> None:
    """Or anything else that it would then own."""
    with books.connect(books.app) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("CREATE TABLE mine (id int)")


async def test_account_is_opened_once(books: Books) -> None:
    """Again the same has no effect; again but different is refused."""
    account = await books.account(5)
    await books.ledger.open_account(account)
    for other in (Account(account.id, uuid4(), "EUR"), Account(account.id, account.owner, "USD")):
        with pytest.raises(AccountDiffers):
            await books.ledger.open_account(other)
    with pytest.raises(CurrencyUnknown):
        await books.ledger.open_account(Account(uuid4(), uuid4(), "XTS"))
    assert await books.holds(account) == 5


async def test_only_the_owner_sees_a_balance(books: Books) -> None:
    """And nobody sees the bank's own accounts."""
    account = await books.account(5)
    external = await books.ledger.external_account("EUR")
    for account_id, owner in ((account.id, uuid4()), (uuid4(), uuid4()), (external, uuid4())):
        with pytest.raises(AccountUnknown):
            await books.ledger.balance(account_id, owner)


async def test_nobody_pays_from_the_bank_s_own_account(books: Books) -> None:
    """A transfer needs an owner, and these have none; nor can anybody pay into them."""
    account = await books.account(5)
    assert account.owner is not None
    external = await books.ledger.external_account("EUR")
    for source, target in ((external, account.id), (account.id, external)):
        with pytest.raises(AccountUnknown):
            await books.post(Order("transfer", source, target, 5, "EUR", None, account.owner))


def test_migration_again_changes_nothing(postgres: Postgres, roles: tuple[Role, Role]) -> None:
    """Each pod runs it when it starts."""
    assert '"from": "0001", "to": "0001"' in migrate("transactions", postgres.settings(NAME, roles[0]))


def test_migration_by_the_runtime_role_is_refused(postgres: Postgres, roles: tuple[Role, Role]) -> None:
    """It would own what it makes."""
    with pytest.raises(RuntimeError, match="migrations run as the owner"):
        migrate("transactions", postgres.settings(NAME, roles[1]))


def _as(books: Books, who: str) -> Connection:
    if who == "superuser":
        return books.postgres.connect(NAME)
    return books.connect(books.app if who == "app" else books.owner)


def _post(connection: Connection, postings: Postings, then: Postings | None = None) -> None:
    """One transaction; what comes `then` is posted after the check has been made to happen."""
    transaction = uuid4()
    with connection.transaction():
        connection.execute(BEGIN, (transaction, uuid4()))
        for account, amount in postings:
            connection.execute(POST, (transaction, account.id, amount, account.currency))
        if then:
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for account, amount in then:
                connection.execute(POST, (transaction, account.id, amount, account.currency))


def _add(connection: Connection, transaction: UUID, postings: Postings) -> None:
    """Postings for a transaction that is there already."""
    with connection.transaction():
        for account, amount in postings:
            connection.execute(POST, (transaction, account.id, amount, account.currency))
