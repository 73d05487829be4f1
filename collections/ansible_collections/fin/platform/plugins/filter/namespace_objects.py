# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: namespace_objects
short_description: Derive the namespaces of a plan
version_added: 1.0.0
author: fin.platform authors (@fin-platform)
description:
  - Namespaces with their pod-security level, a ResourceQuota and a LimitRange each, and the PriorityClasses.
options:
  _input:
    description: The plan, as P(fin.platform.plan#module) returns it.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Derive
  ansible.builtin.set_fact:
    objects: "{{ plan | fin.platform.namespace_objects }}"
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

from ansible_collections.fin.platform.plugins.module_utils import _derive_namespaces as derive


def namespace_objects(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The filter; its documentation is above."""
    try:
        return derive.namespace_objects(plan)
    except (KeyError, TypeError, ValueError) as e:
        raise AnsibleFilterError(
            f"fin.platform.namespace_objects could not derive from this plan: {e!r}; is it what fin.platform.plan returned?"
        ) from e


class FilterModule:
    """Registers the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"namespace_objects": namespace_objects}
