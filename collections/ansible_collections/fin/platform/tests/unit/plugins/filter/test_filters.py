# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters hand a plan to its derivation, and say so when they are given something else."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.fin.platform.tests.unit.planning import images, plan

PACKAGE = "ansible_collections.fin.platform.plugins.filter"
WITH_IMAGES = ("database_objects", "service_objects")
PLAIN = ("access_objects", "namespace_objects", "network_policy_objects", "secret_requests")


def filter_named(name: str) -> Any:
    """The filter as Ansible finds it."""
    return importlib.import_module(f"{PACKAGE}.{name}").FilterModule().filters()[name]


@pytest.mark.parametrize("name", PLAIN)
def test_plan_alone_is_enough(name: str, tmp_path: Path) -> None:
    """Manifests, or requests."""
    assert filter_named(name)(plan(tmp_path))


@pytest.mark.parametrize("name", WITH_IMAGES)
def test_plan_with_images(name: str, tmp_path: Path) -> None:
    """Manifests that name the images."""
    made = plan(tmp_path)
    assert "registry.example.org" in str(filter_named(name)(made, images(made)))


def test_database_ca(tmp_path: Path) -> None:
    """A copy for each namespace."""
    assert len(filter_named("database_ca_objects")(plan(tmp_path), {"data": {"ca.crt": "eA=="}})) == 2


@pytest.mark.parametrize("name", [*PLAIN, *WITH_IMAGES, "database_ca_objects"])
def test_anything_else_is_refused(name: str) -> None:
    """With the filter's name, and where a plan comes from."""
    with pytest.raises(AnsibleFilterError, match=rf"fin\.platform\.{name} .* fin\.platform\.plan"):
        filter_named(name)({"not": "a plan"}, *([] if name in PLAIN else [{"data": {"ca.crt": "eA=="}}]))
