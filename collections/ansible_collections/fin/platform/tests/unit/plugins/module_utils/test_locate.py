# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which file a key comes from, when a specification is put together from several."""

from __future__ import annotations

import pytest

from ansible_collections.fin.platform.plugins.module_utils._spec import locate

SOURCES = [
    {"file": "local.yml", "data": {"profile": "core", "cluster": {"name": "x", "node_cidrs": ["a"]}}},
    {"file": "common.yml", "data": {"profile": "full", "cluster": {"workers": 1}}},
]


@pytest.mark.parametrize(
    ("path", "file"),
    [
        (("profile",), "local.yml"),
        (("cluster", "workers"), "common.yml"),
        (("cluster", "name"), "local.yml"),
        (("cluster", "node_cidrs", "0"), "local.yml"),
        (("cluster", "missing"), "local.yml"),
        (("nowhere",), "local.yml"),
    ],
)
def test_nearest_file_that_states_most_of_the_path(path: tuple[str, ...], file: str) -> None:
    """The environment's own file wins, as its values do."""
    assert locate(path, SOURCES) == file


def test_without_sources_the_variable_is_named() -> None:
    """Still better than nothing."""
    assert locate(("profile",), []) == "platform"
