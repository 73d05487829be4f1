# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing secret is shown."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.fin.platform.plugins.module_utils._kube_mask import Mask, hide

SECRET = {
    "kind": "Secret",
    "data": {"password": "Y29ycmVjdCBob3JzZQ==", "short": "YWI="},
    "stringData": {"key": "line one\nline two"},
}


@pytest.mark.parametrize("value", ["Y29ycmVjdCBob3JzZQ==", "correct horse", "line one\nline two"])
def test_known_values_go(value: str) -> None:
    assert Mask([SECRET]).text(f"a {value} b") == "a *** b"


def test_ordinary_words_stay() -> None:
    assert (
        Mask([SECRET, {"kind": "ConfigMap", "data": {"k": "plain text"}}]).text("cab, plain text") == "cab, plain text"
    )


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("password=hunter2 user=x", "password=*** user=x"),
        ('{"api_key": "abc", "n": 1}', '{"api_key": "***", "n": 1}'),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("postgres://app:hunter2@db:5432/x", "postgres://app:***@db:5432/x"),
        ("got eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln ok", "got *** ok"),
        ("ledger: connection refused", "ledger: connection refused"),
    ],
)
def test_lines_of_logs(line: str, shown: str) -> None:
    assert Mask().log(line) == shown


def test_secret_is_shown_by_key_and_change() -> None:
    before: dict[str, Any] = {"kind": "Secret", "metadata": {}, "data": {"same": "YQ==", "other": "YQ=="}}
    after: dict[str, Any] = {"kind": "Secret", "metadata": {}, "data": {"same": "YQ==", "other": "Yg==", "new": "Yw=="}}
    assert hide(after, before)["data"] == {"same": "***", "other": "*** (changed)", "new": "***"}
    assert after["data"]["other"] == "Yg==", "the object itself stays as it is"


def test_copy_of_the_manifest_in_an_annotation_goes() -> None:
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": "{secret}", "a": "b"}
    assert hide({"kind": "Secret", "metadata": {"annotations": annotations}})["metadata"] == {"annotations": {"a": "b"}}
