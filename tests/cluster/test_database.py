"""The database: encrypted in transit, an owner and a weaker user for each service, postings that nobody can change."""

from __future__ import annotations

import pytest

from tests.live import bank, cluster

PROGRAM = """
import os, psycopg
settings = dict(host=os.environ["DATABASE_HOST"], dbname=os.environ["DATABASE_NAME"], user=os.environ["DATABASE_USER"],
                password=open(os.environ["DATABASE_PASSWORD_FILE"]).read().strip(), connect_timeout=5)
settings.update({settings})
with psycopg.connect(**settings) as connection:
    print(connection.execute({statement!r}).fetchone()[0])
"""
VERIFIED = 'sslmode="verify-full", sslrootcert=os.environ["DATABASE_SSLROOTCERT"]'


def ask(service: str, statement: str, settings: str = VERIFIED) -> str:
    """One statement with a service's own credentials, from its own pod."""
    program = PROGRAM.replace("{settings}", f"dict({settings})").replace("{statement!r}", repr(statement))
    return cluster.run_in(cluster.service_pod(service), ["python3", "-c", program]).strip()


@pytest.mark.parametrize("service", ["identity", "accounts", "transactions"])
def test_connection_is_encrypted(service: str) -> None:
    """The certificate is the database's, and the session uses it."""
    assert ask(service, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == "True"


def test_plain_connection_is_refused() -> None:
    """Without encryption there is no connection."""
    with pytest.raises(cluster.CommandFailed, match="no pg_hba.conf entry|no encryption|rejects connection"):
        ask("transactions", "SELECT 1", 'sslmode="disable"')


@pytest.mark.parametrize("statement", ["UPDATE postings SET amount = 1", "DELETE FROM postings", "TRUNCATE postings"])
def test_postings_cannot_be_changed(statement: str) -> None:
    """The running service can add postings, and neither change nor remove one."""
    assert int(ask("transactions", "SELECT count(*) FROM postings")) >= 0
    with pytest.raises(cluster.CommandFailed, match="permission denied"):
        ask("transactions", statement)


def test_services_cannot_read_each_others_databases() -> None:
    """Credentials of one service open one database."""
    with pytest.raises(cluster.CommandFailed, match="pg_hba.conf rejects connection|no pg_hba.conf entry"):
        ask("accounts", "SELECT 1", VERIFIED + ', dbname="ledger"')


def test_every_instance_is_there() -> None:
    """As many instances as the specification asks for, each on a node of its own."""
    found = cluster.pods("data", "cnpg.io/cluster=platform-db,cnpg.io/podRole=instance")
    assert len(found) == cluster.specification()["database"]["instances"]
    assert len({pod.spec.node_name for pod in found}) == len(found)
    assert bank.query("SELECT 1", "postgres") == "1"
