# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests: repeated while the server is away or overloaded, within the bound, and refused clearly otherwise."""

from __future__ import annotations

import time

import pytest

from ansible_collections.fin.platform.plugins.module_utils._kube_errors import (
    KubeAnswerError,
    KubeUnavailableError,
)
from ansible_collections.fin.platform.tests.unit.api_double import Reply, double

FINE = Reply(200, {"kind": "Thing"})
BUSY = Reply(429, {"message": "too many requests"}, {"Retry-After": "1"})


def refusal(status: int, message: str) -> Reply:
    return Reply(status, {"kind": "Status", "reason": "X", "message": message})


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_broken_server_is_asked_again(status: int) -> None:
    with double(Reply(status), Reply(status, "<html>no JSON"), FINE) as server:
        answer = server.client(20).request("GET", "/x")
    assert answer.body == {"kind": "Thing"}
    assert answer.repeated
    assert len(server.asked) == 3


def test_overloaded_server_is_given_the_time_it_asks_for() -> None:
    with double(BUSY, FINE) as server:
        began = time.monotonic()
        answer = server.client(20).request("PATCH", "/x", body={"a": 1})
    assert time.monotonic() - began >= 1
    assert not answer.repeated, "a request that was turned away was not carried out"
    assert server.asked == [("PATCH", "/x", {"a": 1})] * 2


def test_dropped_connection_is_made_again_and_the_request_perhaps_done() -> None:
    with double(Reply(0), FINE) as server:
        assert server.client(20).request("PATCH", "/x", body={}).repeated


def test_bound_holds_and_the_last_answer_is_told() -> None:
    with double(refusal(503, "starting up")) as server:
        began = time.monotonic()
        with pytest.raises(KubeUnavailableError, match=r"gave up after repeating .* answered 503: starting up"):
            server.client(1).get("/x")
    assert 0.5 < time.monotonic() - began < 4


def test_bound_is_shared_by_all_requests_of_an_outage() -> None:
    with double(Reply(503)) as server:
        client = server.client(1)
        with pytest.raises(KubeUnavailableError):
            client.get("/x")
        began = time.monotonic()
        for _number in range(5):
            with pytest.raises(KubeUnavailableError):
                client.get("/x")
    assert time.monotonic() - began < 0.5


def test_nobody_listens() -> None:
    with double(FINE) as server:
        client = server.client(0.5)
    with pytest.raises(KubeUnavailableError, match="no connection to http://127.0.0.1"):
        client.get("/x")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 501])
def test_refusal_is_not_repeated(status: int) -> None:
    with double(refusal(status, "no")) as server, pytest.raises(KubeAnswerError, match="no") as told:
        server.client(20).get("/x")
    assert told.value.status == status
    assert len(server.asked) == 1


def test_wrong_fields_are_not_repeated() -> None:
    """They come as 500 from some servers."""
    wrong = refusal(500, "failed to create typed patch object (x): field not declared")
    with double(wrong) as server, pytest.raises(KubeAnswerError, match="not declared"):
        server.client(20).get("/x")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("first", "then"),
    [(Reply(503), refusal(403, "rules not loaded")), (refusal(403, "not yet ready to handle request"), FINE)],
    ids=["after an outage", "by its words"],
)
def test_server_that_just_started_may_refuse_for_a_while(first: Reply, then: Reply) -> None:
    with double(first, FINE, then, FINE) as server:
        client = server.client(20)
        client.get("/x")
        assert client.get("/x") == {"kind": "Thing"}


def test_pages_of_a_list_are_joined() -> None:
    first = Reply(200, {"metadata": {"continue": "next"}, "items": [{"n": 1}]})
    with double(first, Reply(200, {"metadata": {}, "items": [{"n": 2}]})) as server:
        assert list(server.client(5).items("/x", labelSelector="a=b")) == [{"n": 1}, {"n": 2}]
    assert server.asked[1][1].endswith("continue=next")


def test_warnings_of_the_server_are_kept() -> None:
    with double(Reply(200, {}, {"Warning": '299 - "do not use \\"x\\""'})) as server:
        assert server.client(5).request("GET", "/x").warnings == ('do not use "x"',)


def test_stopped_client_does_not_wait() -> None:
    with double(Reply(503)) as server:
        client = server.client(60)
        client.patience.stop()
        with pytest.raises(KubeUnavailableError):
            client.get("/x")


def test_conflicts_are_read_from_causes() -> None:
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "hpa" with subresource "scale" using v1',
            "field": ".x",
        },
        {"reason": "FieldManagerConflict", "message": "something else", "field": ".y"},
    ]
    error = KubeAnswerError(409, {"reason": "Conflict", "details": {"causes": causes}})
    assert error.conflicts() == [("hpa", ".x"), ("an unknown manager", ".y")]
    assert not error.outdated
    assert KubeAnswerError(409, {"reason": "Conflict"}).outdated
