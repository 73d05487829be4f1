# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database: durable, closed, one owner for each database."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.fin.platform.plugins.module_utils._derive_database import (
    database_ca_objects,
    database_objects,
    secret_requests,
)
from ansible_collections.fin.platform.tests.unit.planning import images, only, plan

NO_DATABASES = {"services": {name: {"database": None} for name in ("accounts", "identity", "transactions")}}


def cluster(made: dict[str, Any]) -> dict[str, Any]:
    """The specification of the cluster."""
    spec: dict[str, Any] = only(database_objects(made, images(made)), "Cluster", "platform-db", "data")["spec"]
    return spec


def test_a_payment_is_on_two_instances_before_it_counts(tmp_path: Path) -> None:
    """And no instance without it may become primary."""
    spec = cluster(plan(tmp_path))
    assert spec["instances"] == 3
    assert spec["postgresql"]["synchronous"] == {
        "method": "any",
        "number": 1,
        "dataDurability": "required",
        "failoverQuorum": True,
    }


def test_a_primary_gives_up_before_another_takes_over(tmp_path: Path) -> None:
    """Otherwise there would be two for a moment."""
    lease = cluster(plan(tmp_path, {"spec": {"database": {"lease_seconds": 25}}}))["primaryLease"]
    assert lease == {"leaseDurationSeconds": 25, "renewDeadlineSeconds": 16}


def test_a_single_instance_waits_for_nobody(tmp_path: Path) -> None:
    """Where there is no second instance, a first one that waited for it would never answer."""
    spec = cluster(plan(tmp_path, {"spec": {"database": {"instances": 1, "storage": {"class": "fast"}}}}))
    assert "synchronous" not in spec["postgresql"]
    assert spec["enablePDB"] is False
    assert spec["storage"] == {"size": "1Gi", "storageClass": "fast"}


def test_each_role_reaches_its_own_database_by_tls_only(tmp_path: Path) -> None:
    """The last rule refuses everybody else, before the operator's own last rule would let them in."""
    rules = cluster(plan(tmp_path))["postgresql"]["pg_hba"]
    assert "hostssl ledger ledger,ledger_app all scram-sha-256" in rules
    assert rules[-1] == "host all all all reject"
    assert all(rule.startswith("hostssl ") for rule in rules[:-1])


def test_roles_have_passwords_and_no_powers(tmp_path: Path) -> None:
    """Each password is asked for under the name that the role refers to, in both namespaces."""
    made = plan(tmp_path)
    spec = cluster(made)
    assert spec["enableSuperuserAccess"] is False
    requests = {request["name"]: request for request in secret_requests(made)}
    for role in spec["managed"]["roles"]:
        assert not {"superuser", "createdb", "createrole", "replication", "bypassrls"} & set(role)
        request = requests[role["passwordSecret"]["name"]]
        assert request["data"] == {"username": role["name"]}
        assert request["generate"] == ["password"]
        assert request["type"] == "kubernetes.io/basic-auth"
        assert request["namespaces"][0] == "data"
        assert len(request["namespaces"]) == 2


def test_every_service_with_a_database_owns_it(tmp_path: Path) -> None:
    """And it stays when the declaration goes."""
    made = plan(tmp_path)
    found = [o["spec"] for o in database_objects(made, images(made)) if o["kind"] == "Database"]
    assert {(spec["name"], spec["owner"]) for spec in found} == {(n, n) for n in ("accounts", "identity", "ledger")}
    assert {spec["databaseReclaimPolicy"] for spec in found} == {"retain"}


def test_parameters_of_the_environment_win(tmp_path: Path) -> None:
    """Over the defaults, which keep values of statements out of the log."""
    parameters = {"log_statement": "all", "max_connections": "100"}
    found = cluster(plan(tmp_path, {"spec": {"database": {"parameters": parameters}}}))["postgresql"]["parameters"]
    assert found["log_statement"] == "all"
    assert found["log_parameter_max_length_on_error"] == "0"


def test_declared_secrets_are_asked_for(tmp_path: Path) -> None:
    """In the service's own namespace only."""
    request = next(r for r in secret_requests(plan(tmp_path)) if r["name"] == "identity-secrets")
    assert request["namespaces"] == ["application"]
    assert request["generate"] == ["token_key_encryption", "treasury_password"]
    assert request["type"] == "Opaque"


def test_certificate_goes_where_the_database_is_used(tmp_path: Path) -> None:
    """The certificate alone: the key beside it in the Secret stays there."""
    secret = {"data": {"ca.crt": base64.b64encode(b"PEM").decode(), "ca.key": base64.b64encode(b"never").decode()}}
    objects = database_ca_objects(plan(tmp_path), secret)
    assert [(o["metadata"]["namespace"], o["data"]) for o in objects] == [
        ("application", {"ca.crt": "PEM"}),
        ("cde", {"ca.crt": "PEM"}),
    ]


@pytest.mark.parametrize("secret", [None, {}, {"data": None}, {"data": {"ca.key": "eA=="}}])
def test_no_certificate_no_copy(tmp_path: Path, secret: dict[str, Any] | None) -> None:
    """Before the database is there, as in a first check, nothing is made."""
    assert database_ca_objects(plan(tmp_path), secret) == []


def test_no_database_where_nobody_keeps_data(tmp_path: Path) -> None:
    """Nothing is installed for nobody."""
    made = plan(tmp_path, NO_DATABASES)
    assert "postgresql" not in made["images"]
    assert database_objects(made, images(made)) == []
    assert [request["name"] for request in secret_requests(made)] == ["identity-secrets"]
