# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: network_policy_objects
short_description: Derive the baseline of network policies of a plan
version_added: 1.0.0
author: fin.platform authors (@fin-platform)
description:
  - Default deny both ways and DNS for each namespace, and the declared flows of components and of the database.
  - A service's own flows come with P(fin.platform.service_objects#filter).
positional: api_server
options:
  _input:
    description: The plan, as P(fin.platform.plan#module) returns it.
    type: dict
    required: true
  api_server:
    description: Addresses of the API server where they are known. Otherwise it may have any address of the nodes' networks.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Derive
  ansible.builtin.set_fact:
    objects: "{{ plan | fin.platform.network_policy_objects }}"
"""

RETURN = r"""
_value:
  description: Manifests, to be applied or written to files.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.fin.platform.plugins.module_utils import _derive_network as derive


def network_policy_objects(plan: Mapping[str, Any], api_server: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The filter; its documentation is above."""
    try:
        return derive.network_policy_objects(plan, api_server)
    except (KeyError, TypeError, ValueError) as e:
        raise AnsibleFilterError(
            f"fin.platform.network_policy_objects could not derive from this plan: {e!r}; is it what fin.platform.plan returned?"
        ) from e


class FilterModule:
    """Registers the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"network_policy_objects": network_policy_objects}
