#!/usr/bin/python
# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: manifests
short_description: Apply a set of Kubernetes objects, all of it in one go
version_added: 1.0.0
author: fin.platform authors (@fin-platform)
description:
  - Applies a whole set of objects by server-side apply, many at a time, in the order in which they need each other, and
    says exactly which of them changed.
  - Every object is labelled C(fin.platform/set=<set>) and C(app.kubernetes.io/managed-by=fin.platform). By these labels
    the set knows its own objects, and can delete those it no longer holds.
  - Input that cannot be right is refused before anything is written, all problems at once. When an object fails, those
    of the following waves are checked by the server and not written, and all errors are reported together.
  - The waves are namespaces and definitions, then configuration (service accounts, secrets, access, network policies),
    custom resources, workloads, and last what decides about other objects (webhooks, admission policies, API services).
  - Nothing of a Secret's content is returned, shown as a difference or quoted in an error.
extends_documentation_fragment: [fin.platform.kubernetes]
options:
  set:
    description: Name of the set. No two sets may hold the same object.
    type: str
    required: true
  objects:
    description:
      - The manifests, all that the set holds.
      - Each has C(apiVersion), C(kind) and C(metadata.name); those that live in a namespace name it.
    type: list
    elements: dict
    required: true
  prune:
    description:
      - Delete objects of the set that O(objects) no longer holds, of whatever kind.
      - Only objects with both labels of the set that O(field_manager) applied are deleted. Namespaces, volumes and
        claims, custom resource definitions, stateful sets, databases and generated secrets are kept and reported, unless
        the live object is annotated C(fin.platform/prune=allow).
    type: bool
    default: false
  wait:
    description:
      - Wait until the objects are ready, and fail with the reason (events, state of the containers, last lines of their
        logs) when they do not become so.
      - Workloads, jobs, namespaces, definitions, API services and CloudNativePG's clusters and databases have rules of
        their own; other kinds are ready by their condition C(Ready) or C(Available), or when they have none.
    type: bool
    default: false
  wait_claims:
    description:
      - With O(wait), wait for persistent volume claims to be bound too.
      - Claims of many storage classes are bound only when a pod uses them.
    type: bool
    default: false
  timeout:
    description: Seconds to wait, for all objects together.
    type: int
    default: 300
  concurrency:
    description: How many requests are made at the same time.
    type: int
    default: 16
  field_manager:
    description: Under which name the API server records the ownership of fields.
    type: str
    default: fin.platform
  force_conflicts:
    description:
      - Take over fields that other managers own.
      - Otherwise such an object fails, naming the managers and their fields.
    type: bool
    default: false
attributes:
  check_mode:
    description: >-
      By the server's dry run. Objects whose namespace or definition does not exist yet are reported as created, with a warning
      unless the set brings it.
    support: full
  diff_mode:
    description: Shows the changed objects. Of Secrets only the keys, and which of them changed.
    support: full
seealso:
  - module: kubernetes.core.k8s
"""

EXAMPLES = r"""
- name: Apply what the service needs
  fin.platform.manifests:
    kubeconfig: ~/.kube/config
    set: reporting
    objects:
      - apiVersion: v1
        kind: ConfigMap
        metadata: {name: reporting, namespace: application}
        data: {currency: EUR}
    prune: true

- name: Apply files and wait for what they describe
  fin.platform.manifests:
    set: tools
    objects: "{{ query('ansible.builtin.fileglob', 'manifests/*.yml') | map('ansible.builtin.file') | map('from_yaml') }}"
    wait: true
    timeout: 120
"""

RETURN = r"""
counts:
  description: Number of objects by what came of them.
  returned: always
  type: dict
  sample: {created: 2, configured: 1, unchanged: 40, pruned: 0, kept: 0, failed: 0}
objects:
  description: The objects of the set, and those deleted, each with what came of it.
  returned: always
  type: list
  elements: dict
  sample: [{api_version: v1, kind: ConfigMap, namespace: application, name: reporting, action: configured}]
kept:
  description: Objects that the set no longer holds and that were not deleted, with the reason.
  returned: always
  type: list
  elements: dict
errors:
  description: What is wrong, by object.
  returned: always
  type: list
  elements: dict
  sample: [{object: Deployment application/accounts, error: 'conflict with other field managers: hpa owns .spec.replicas'}]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.fin.platform.plugins.module_utils import _manifests_module as logic


def main() -> None:
    module = AnsibleModule(argument_spec=logic.ARGUMENTS, supports_check_mode=True)
    # objects may hold Secrets, so Ansible must not log them; but most of their texts are names, which its mask would
    # take out of every message. What is secret in them is masked by this module.
    module.no_log_values.clear()
    result, failure = logic.apply(module.params, module.check_mode, module._diff)
    for warning in result.pop("warnings", []):
        module.warn(warning)
    if failure:
        module.fail_json(msg=failure, **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
