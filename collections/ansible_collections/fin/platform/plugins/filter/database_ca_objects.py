# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: database_ca_objects
short_description: Derive copies of the database's certificate
version_added: 1.0.0
author: fin.platform authors (@fin-platform)
description:
  - A ConfigMap with the certificate of the database's authority, for each namespace of services that keep data.
positional: secret
options:
  _input:
    description: The plan, as P(fin.platform.plan#module) returns it.
    type: dict
    required: true
  secret:
    description: The Secret C(platform-db-ca) of the namespace C(data) as read from the cluster. Without one, nothing is derived.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Derive
  ansible.builtin.set_fact:
    objects: "{{ plan | fin.platform.database_ca_objects(secret.resources | first | default({})) }}"
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


def database_ca_objects(plan: Mapping[str, Any], secret: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The filter; its documentation is above."""
    try:
        return derive.database_ca_objects(plan, secret)
    except (KeyError, TypeError, ValueError) as e:
        raise AnsibleFilterError(
            f"fin.platform.database_ca_objects could not derive from this plan: {e!r}; is it what fin.platform.plan returned?"
        ) from e


class FilterModule:
    """Registers the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"database_ca_objects": database_ca_objects}
