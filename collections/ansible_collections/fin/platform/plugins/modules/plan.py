#!/usr/bin/python
# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: plan
short_description: Check an environment and plan what belongs on its cluster
version_added: 1.0.0
author: fin.platform authors (@fin-platform)
description:
  - Checks the environment's specification, the catalogue of components and the declarations of services, by themselves and against each other.
  - Reports every mistake at once, each with its file, its key and a hint.
  - Returns the components in the order of their needs and the services with the environment's differences laid over them.
  - Reads files only; it reaches no cluster and changes nothing.
requirements: [PyYAML]
options:
  spec:
    description: The environment's specification.
    type: dict
    required: true
  sources:
    description:
      - Where the parts of O(spec) come from, the nearest first, to name the file of a mistake.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the variable.
        type: str
        default: platform
      file:
        description: File that holds it.
        type: str
        required: true
      data:
        description: Its value.
        type: dict
        default: {}
  catalogue:
    description: Folder with a folder for each component.
    type: path
    required: true
  services:
    description: Folder with a folder for each service.
    type: path
    required: true
attributes:
  check_mode:
    description: Nothing is changed in any mode.
    support: full
  diff_mode:
    description: Nothing is changed in any mode.
    support: none
"""

EXAMPLES = r"""
- name: Plan the environment
  fin.platform.plan:
    spec: "{{ platform }}"
    sources:
      - {file: inventories/local/group_vars/all/platform.yml, data: "{{ platform_environment }}"}
      - {file: inventories/common/platform.yml, data: "{{ platform_common }}"}
    catalogue: roles/component/files/catalogue
    services: services
  register: planned

- name: Print the plan
  ansible.builtin.debug:
    var: planned.plan.summary
"""

RETURN = r"""
plan:
  description: What belongs on the cluster.
  returned: success
  type: dict
  contains:
    environment:
      description: Name of the environment.
      type: str
    provider:
      description: Who provides the cluster.
      type: str
    profile:
      description: How much is installed.
      type: str
    digest:
      description: SHA-256 over everything that is wanted, the same on every machine.
      type: str
    summary:
      description: The plan for a person, a line each.
      type: list
      elements: str
    spec:
      description: The specification with its defaults.
      type: dict
    releases:
      description:
        - The components in the order of their needs.
        - Each with C(name), C(namespace), C(chart), C(needs), C(images), C(ready), C(network), C(values_files), C(manifests) and C(values).
      type: list
      elements: dict
    namespaces:
      description:
        - The namespaces.
        - Each with C(name), C(zone), C(pod_security), C(quota), C(limits), C(network), C(public_services), and C(existing) where others make it.
      type: list
      elements: dict
    services:
      description: The services by name, each as declared, with its C(name) and C(namespace).
      type: dict
    images:
      description: Names of the images that are needed.
      type: list
      elements: str
    programs:
      description: Charts that can be built from source, as C(group/chart).
      type: list
      elements: str
problems:
  description: The mistakes, each with C(file), C(key), C(problem) and C(hint).
  returned: failure
  type: list
  elements: dict
"""

from dataclasses import asdict
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.fin.platform.plugins.module_utils._files import YAML_MISSING
from ansible_collections.fin.platform.plugins.module_utils._plan import PlanError, make


def main() -> None:
    source = {
        "name": {"type": "str", "default": "platform"},
        "file": {"type": "str", "required": True},
        "data": {"type": "dict", "default": {}},
    }
    module = AnsibleModule(
        argument_spec={
            "spec": {"type": "dict", "required": True},
            "sources": {"type": "list", "elements": "dict", "default": [], "options": source},
            "catalogue": {"type": "path", "required": True},
            "services": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    if YAML_MISSING:
        module.fail_json(msg=missing_required_lib("PyYAML"), exception=YAML_MISSING)
    try:
        plan = make(
            module.params["spec"],
            module.params["sources"],
            Path(module.params["catalogue"]),
            Path(module.params["services"]),
        )
    except PlanError as e:
        module.fail_json(
            msg=f"The environment cannot be planned, nothing was changed: {e}", problems=[asdict(p) for p in e.problems]
        )
    module.exit_json(changed=False, plan=plan)


if __name__ == "__main__":
    main()
