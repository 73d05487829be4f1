# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which values a generated Secret holds."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.fin.platform.plugins.module_utils._kube_secrets import SecretError, desired, read, values

REQUEST: dict[str, Any] = {
    "name": "s",
    "namespaces": ["a", "b", "a"],
    "type": "Opaque",
    "data": {"user": "x"},
    "generate": ["key"],
    "labels": {"team": "red"},
}


def live(**data: str) -> dict[str, Any]:
    return {"metadata": {"name": "s", "labels": {"theirs": "1"}}, "data": data}


def test_existing_value_is_kept_and_nothing_made() -> None:
    (wanted,) = read([REQUEST])
    assert values(wanted, {"a": None, "b": live(key="b2xk")}, pytest.fail) == {"user": "eA==", "key": "b2xk"}


def test_empty_value_counts_as_missing() -> None:
    (wanted,) = read([REQUEST])
    assert values(wanted, {"a": live(key=""), "b": live()}, lambda: "new")["key"] == "bmV3"


def test_difference_names_places_and_no_value() -> None:
    (wanted,) = read([REQUEST])
    with pytest.raises(SecretError, match=r"copies in a and b hold different values of 'key'") as told:
        values(wanted, {"a": live(key="b25l"), "b": live(key="dHdv")}, pytest.fail)
    assert "b25l" not in str(told.value)


def test_what_others_put_into_a_copy_stays() -> None:
    (wanted,) = read([REQUEST])
    body = desired(wanted, "a", {"key": "b25l"}, live(extra="eA=="))
    assert body["data"] == {"extra": "eA==", "key": "b25l"}
    assert body["metadata"]["labels"] == {"theirs": "1", "team": "red", "app.kubernetes.io/managed-by": "fin.platform"}
    assert body["metadata"]["annotations"] == {"fin.platform/generated": "key"}


def test_namespaces_are_counted_once() -> None:
    assert read([REQUEST])[0].namespaces == ("a", "b")


def test_all_problems_at_once() -> None:
    empty = {**REQUEST, "name": "empty", "data": {}, "generate": []}
    homeless = {**REQUEST, "name": "homeless", "namespaces": []}
    with pytest.raises(SecretError) as told:
        read([REQUEST, REQUEST, empty, homeless, {**REQUEST, "name": "both", "generate": ["user"]}])
    for part in ("a/s: is asked for twice", "empty: has neither", "homeless: names no namespace", "both: user is both"):
        assert part in str(told.value)
