# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: database_objects
short_description: Derive the database of a plan
version_added: 1.0.0
author: fin.platform authors (@fin-platform)
description:
  - One CloudNativePG cluster, and for each service that keeps data a database with an owner and a runtime role.
positional: images
options:
  _input:
    description: The plan, as P(fin.platform.plan#module) returns it.
    type: dict
    required: true
  images:
    description: For each image's name at least its C(ref), as P(fin.platform.images#module) returns them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Derive
  ansible.builtin.set_fact:
    objects: "{{ plan | fin.platform.database_objects(platform_images.images) }}"
"""

RETURN = r"""
_value:
  description: Manifests, to be applied or written to files.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.fin.platform.plugins.module_utils import _derive_database as derive


def database_objects(plan: Mapping[str, Any], images: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    """The filter; its documentation is above."""
    try:
        return derive.database_objects(plan, images)
    except (KeyError, TypeError, ValueError) as e:
        raise AnsibleFilterError(
            f"fin.platform.database_objects could not derive from this plan: {e!r}; is it what fin.platform.plan returned?"
        ) from e


class FilterModule:
    """Registers the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"database_objects": database_objects}
