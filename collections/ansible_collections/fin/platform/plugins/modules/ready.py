#!/usr/bin/python
# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ready
short_description: Wait until objects in a cluster are ready
version_added: 1.0.0
author: fin.platform authors (@fin-platform)
description:
  - Waits for objects that something else applied, such as a chart.
  - Of each that does not become ready it says why, with events, container states and the last lines of logs.
extends_documentation_fragment: [fin.platform.kubernetes]
options:
  objects:
    description: What to wait for.
    type: list
    elements: dict
    required: true
    suboptions:
      kind:
        description: Kind of the object.
        type: str
        choices: [APIService, DaemonSet, Deployment, StatefulSet]
        required: true
      name:
        description: Name of the object.
        type: str
        required: true
      namespace:
        description: Namespace of the object, if its kind has one.
        type: str
        default: ''
  timeout:
    description: Seconds to wait for each of them.
    type: int
    default: 300
attributes:
  check_mode:
    description: Waits for nothing, since nothing was applied.
    support: full
  diff_mode:
    description: Nothing is changed.
    support: none
"""

EXAMPLES = r"""
- name: Wait for the operator
  fin.platform.ready:
    kubeconfig: ~/.kube/config
    objects:
      - {kind: Deployment, name: cnpg-controller-manager, namespace: cnpg-system}
"""

RETURN = r"""
late:
  description: What is not ready, with the reason.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.fin.platform.plugins.module_utils._kube_arguments import CLUSTER_ARGUMENTS
from ansible_collections.fin.platform.plugins.module_utils._kube_client import connect
from ansible_collections.fin.platform.plugins.module_utils._kube_errors import KubeError
from ansible_collections.fin.platform.plugins.module_utils._ready import VERSIONS, late

OBJECT = {
    "kind": {"type": "str", "choices": sorted(VERSIONS), "required": True},
    "name": {"type": "str", "required": True},
    "namespace": {"type": "str", "default": ""},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_ARGUMENTS,
            "objects": {"type": "list", "elements": "dict", "required": True, "options": OBJECT},
            "timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    params = module.params
    if module.check_mode:
        module.exit_json(changed=False, late=[])
    try:
        client = connect(params["kubeconfig"], params["context"], 4, params["retry_seconds"])
        found = late(client, params["objects"], params["timeout"])
    except KubeError as e:
        module.fail_json(msg=f"Failed to look at what was installed: {e}", late=[])
    if found:
        module.fail_json(msg="Not ready:\n- " + "\n- ".join(found), late=found)
    module.exit_json(changed=False, late=[])


if __name__ == "__main__":
    main()
