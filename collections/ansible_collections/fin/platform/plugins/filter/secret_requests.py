# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: secret_requests
short_description: List the secrets of a plan that are made at random
version_added: 1.0.0
author: fin.platform authors (@fin-platform)
description:
  - The passwords of databases' roles and the secrets that services declare, for P(fin.platform.generated_secrets#module).
options:
  _input:
    description: The plan, as P(fin.platform.plan#module) returns it.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Derive
  ansible.builtin.set_fact:
    objects: "{{ plan | fin.platform.secret_requests }}"
"""

RETURN = r"""
_value:
  description: Requests, each with C(name), C(namespaces), C(type), C(data), C(generate) and C(labels).
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.fin.platform.plugins.module_utils import _derive_database as derive


def secret_requests(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The filter; its documentation is above."""
    try:
        return derive.secret_requests(plan)
    except (KeyError, TypeError, ValueError) as e:
        raise AnsibleFilterError(
            f"fin.platform.secret_requests could not derive from this plan: {e!r}; is it what fin.platform.plan returned?"
        ) from e


class FilterModule:
    """Registers the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"secret_requests": secret_requests}
