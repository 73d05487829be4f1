"""Generated secrets: made once, the same everywhere, never shown."""

from __future__ import annotations

import json
import threading

from tests.kube.cluster import Body, Cluster

BASIC = "kubernetes.io/basic-auth"


def wanted(*namespaces: str, **more: object) -> Body:
    request: Body = {"name": "login", "namespaces": list(namespaces), "type": BASIC, "generate": ["password"]}
    return {**request, "data": {"username": "ledger"}, **more}


def spaces(cluster: Cluster) -> tuple[str, str]:
    """Two namespaces."""
    cluster.have_namespace()
    cluster.post("/api/v1/namespaces", cluster.namespace(f"{cluster.name}-b"))
    return cluster.name, f"{cluster.name}-b"


def done(result: Body) -> list[str]:
    return [each["action"] for each in result["secrets"]]


def test_made_once_and_the_same_everywhere(cluster: Cluster) -> None:
    one, two = spaces(cluster)
    checked, failure = cluster.secrets(wanted(one, two), check=True)
    assert (done(checked), failure) == (["created", "created"], "")
    assert cluster.live("secrets/login") is None
    made, failure = cluster.secrets(wanted(one, two), diff=True)
    assert (done(made), failure) == (["created", "created"], "")
    values = cluster.secret("login")
    assert values == cluster.secret("login", two)
    assert len(values["password"]) == 43
    assert values["password"] not in json.dumps(made)
    again, _failure = cluster.secrets(wanted(one, two))
    assert done(again) == ["unchanged", "unchanged"]
    assert cluster.secret("login") == values


def test_missing_copy_and_key_are_made_good(cluster: Cluster) -> None:
    one, two = spaces(cluster)
    cluster.secrets(wanted(one))
    values = cluster.secret("login")
    result, _failure = cluster.secrets(wanted(two, one))
    assert done(result) == ["created", "unchanged"]
    cluster.merge(f"/api/v1/namespaces/{one}/secrets/login", {"data": {"password": ""}})
    result, _failure = cluster.secrets(wanted(one, two), diff=True)
    assert done(result) == ["configured", "unchanged"]
    assert cluster.secret("login") == cluster.secret("login", two) == values
    assert "password: *** (changed)" in result["diff"][0]["after"]


def test_given_value_and_label_are_brought_up_to_date(cluster: Cluster) -> None:
    one, _two = spaces(cluster)
    cluster.secrets(wanted(one))
    password = cluster.secret("login")["password"]
    result, _failure = cluster.secrets(wanted(one, data={"username": "other"}, labels={"team": "x"}))
    assert done(result) == ["configured"]
    assert cluster.secret("login") == {"username": "other", "password": password}


def test_copies_that_differ_are_an_error(cluster: Cluster) -> None:
    one, two = spaces(cluster)
    cluster.secrets(wanted(one))
    cluster.secrets(wanted(two))
    values = cluster.secret("login"), cluster.secret("login", two)
    result, failure = cluster.secrets(wanted(one, two), {"name": "sound", "namespaces": [one], "generate": ["k"]})
    assert f"the copies in {one} and {two} hold different values of 'password'" in failure
    assert not any(value["password"] in failure for value in values)
    assert [each["name"] for each in result["secrets"]] == ["sound"]
    assert (cluster.secret("login"), cluster.secret("login", two)) == values


def test_errors_teach(cluster: Cluster) -> None:
    one, _two = spaces(cluster)
    cluster.secrets(wanted(one))
    assert "cannot be changed to Opaque" in cluster.secrets(wanted(one, type="Opaque"))[1]
    assert "namespace nowhere does not exist" in cluster.secrets(wanted("nowhere"))[1]
    assert cluster.secrets(wanted("nowhere"), check=True)[1] == ""
    assert "both given and to be generated" in cluster.secrets(wanted(one, generate=["username"]))[1]
    assert "asked for twice" in cluster.secrets(wanted(one), wanted(one))[1]


def test_two_runs_at_once_agree(cluster: Cluster) -> None:
    one, two = spaces(cluster)
    failures: list[str] = []
    threads = [threading.Thread(target=lambda: failures.append(cluster.secrets(wanted(one, two))[1])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [""] * 4
    assert cluster.secret("login") == cluster.secret("login", two)
