# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: access_objects
short_description: Derive the RBAC objects of a plan
version_added: 1.0.0
author: fin.platform authors (@fin-platform)
description:
  - ClusterRoles and their bindings from the access matrix, and default ServiceAccounts without mounted tokens.
options:
  _input:
    description: The plan, as P(fin.platform.plan#module) returns it.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Derive
  ansible.builtin.set_fact:
    objects: "{{ plan | fin.platform.access_objects }}"
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

from ansible_collections.fin.platform.plugins.module_utils import _derive_access as derive


def access_objects(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The filter; its documentation is above."""
    try:
        return derive.access_objects(plan)
    except (KeyError, TypeError, ValueError) as e:
        raise AnsibleFilterError(
            f"fin.platform.access_objects could not derive from this plan: {e!r}; is it what fin.platform.plan returned?"
        ) from e


class FilterModule:
    """Registers the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"access_objects": access_objects}
