#!/usr/bin/python
# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: generated_secrets
short_description: Make random secrets once and keep them
version_added: 1.0.0
author: fin.platform authors (@fin-platform)
description:
  - Creates Secrets with random values that exist nowhere but in the cluster, and copies them to every namespace that needs
    them.
  - A value that exists is never changed. A copy or a key that is missing is made good from the copies that exist.
  - When copies hold different values the module fails, because nobody can know which of them is in use.
  - A random value is 32 random bytes as 43 characters of base64url text.
  - No value is ever returned, shown as a difference or quoted in an error. Nothing is ever deleted.
extends_documentation_fragment: [fin.platform.kubernetes]
options:
  secrets:
    description: The Secrets.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the Secret.
        type: str
        required: true
      namespaces:
        description: Namespaces that hold a copy. They must exist.
        type: list
        elements: str
        required: true
      type:
        description: Type of the Secret. It cannot be changed later.
        type: str
        default: Opaque
      data:
        description: Keys with values that are given, as text; a changed one is written to every copy.
        type: dict
        default: {}
      generate:
        description: Keys whose values are made at random once.
        type: list
        elements: str
        default: []
      labels:
        description: Labels of every copy.
        type: dict
        default: {}
attributes:
  check_mode:
    description: By the server's dry run. A namespace that does not exist yet is no error.
    support: full
  diff_mode:
    description: Shows the keys, and which of them changed.
    support: full
"""

EXAMPLES = r"""
- name: Make the database's password, for the database and for the service
  fin.platform.generated_secrets:
    kubeconfig: ~/.kube/config
    secrets:
      - name: db-ledger
        namespaces: [data, cde]
        type: kubernetes.io/basic-auth
        data: {username: ledger}
        generate: [password]
"""

RETURN = r"""
secrets:
  description: Every copy and what came of it, V(created), V(configured) or V(unchanged).
  returned: always
  type: list
  elements: dict
  sample: [{name: db-ledger, namespace: cde, action: created}]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.fin.platform.plugins.module_utils import _kube_secrets_module as logic


def main() -> None:
    module = AnsibleModule(argument_spec=logic.ARGUMENTS, supports_check_mode=True)
    # Ansible must not log the parameter; but its texts are mostly names, which Ansible's mask would take out of the result.
    module.no_log_values.clear()
    result, failure = logic.generate(module.params, module.check_mode, module._diff)
    if failure:
        module.fail_json(msg=failure, **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
