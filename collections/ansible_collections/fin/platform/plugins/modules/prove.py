#!/usr/bin/python
# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: prove
short_description: Pay through the gateway, and try what must be refused
version_added: 1.0.0
author: fin.platform authors (@fin-platform)
description:
  - Makes a payment through the public gateway, and checks it on both statements.
  - Where Cilium runs, looks that no pod's policies are stuck, since later ones would then not be enforced.
  - Tries connections that are declared, which must connect, and such that are not, which must be refused.
  - Lists as a member of a group the pods that it may see, and Secrets that it may not.
  - Fails with all that was not as claimed.
requirements: [kubernetes]
options:
  kubeconfig:
    description: The administrator's credentials.
    type: path
    required: true
  context:
    description: Context in the kubeconfig; empty for its current one.
    type: str
  gateway:
    description: URL of the public gateway.
    type: str
    required: true
  treasury:
    description: The secret with the treasury's password.
    type: dict
    required: true
    suboptions:
      namespace: {description: Its namespace., type: str, required: true}
      name: {description: Its name., type: str, required: true}
      key: {description: Its key., type: str, required: true}
  allowed:
    description: Connections that are declared.
    type: list
    elements: dict
    required: true
    suboptions: &call
      namespace: {description: Namespace of the caller., type: str, required: true}
      service: {description: Name of the caller., type: str, required: true}
      host: {description: Host that it connects to., type: str, required: true}
      port: {description: Port that it connects to., type: int, required: true}
  forbidden:
    description: Connections that are declared nowhere.
    type: list
    elements: dict
    required: true
    suboptions: *call
  group:
    description: A group of people.
    type: str
    required: true
  group_reads:
    description: A namespace whose pods the group may list.
    type: str
    required: true
  group_refused:
    description: A namespace whose Secrets it may not list.
    type: str
    required: true
attributes:
  check_mode:
    description: Nothing is tried, since a payment is a change.
    support: none
  diff_mode:
    description: There is no text to compare.
    support: none
"""

EXAMPLES = r"""
- name: Prove it
  fin.platform.prove:
    kubeconfig: ~/.kube/config
    gateway: http://127.0.0.1:8080
    treasury: {namespace: application, name: identity-secrets, key: treasury_password}
    allowed: [{namespace: application, service: accounts, host: transactions.cde.svc, port: 8080}]
    forbidden: [{namespace: application, service: identity, host: transactions.cde.svc, port: 8080}]
    group: fin:developer
    group_reads: application
    group_refused: cde
"""

RETURN = r"""
proofs:
  description: What was proved, each with C(name), C(claim) and C(seen).
  returned: always
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.fin.platform.plugins.module_utils import _prove_refusals as refusals
from ansible_collections.fin.platform.plugins.module_utils._prove_payment import Gateway, pay
from ansible_collections.fin.platform.plugins.module_utils._prove_result import Proof, ProofError

CALL = {
    "namespace": {"type": "str", "required": True},
    "service": {"type": "str", "required": True},
    "host": {"type": "str", "required": True},
    "port": {"type": "int", "required": True},
}
SECRET = {name: {"type": "str", "required": True, "no_log": False} for name in ("namespace", "name", "key")}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "kubeconfig": {"type": "path", "required": True},
            "context": {"type": "str"},
            "gateway": {"type": "str", "required": True},
            "treasury": {"type": "dict", "required": True, "options": SECRET},
            "allowed": {"type": "list", "elements": "dict", "required": True, "options": CALL},
            "forbidden": {"type": "list", "elements": "dict", "required": True, "options": CALL},
            "group": {"type": "str", "required": True},
            "group_reads": {"type": "str", "required": True},
            "group_refused": {"type": "str", "required": True},
        },
    )
    if not refusals.HAS_KUBERNETES:
        module.fail_json(msg=missing_required_lib("kubernetes"))
    wanted = module.params
    cluster = refusals.Cluster(wanted["kubeconfig"], wanted["context"])
    allowed, forbidden = ([refusals.Call(**call) for call in wanted[kind]] for kind in ("allowed", "forbidden"))
    gateway = Gateway(wanted["gateway"])
    attempts: tuple[Callable[[], list[Proof]], ...] = (
        lambda: [pay(gateway, lambda: cluster.secret(**wanted["treasury"]))],
        lambda: refusals.enforcement(cluster),
        lambda: refusals.connections(cluster, allowed, forbidden),
        lambda: refusals.rights(cluster, wanted["group"], wanted["group_reads"], wanted["group_refused"]),
    )
    proofs: list[dict[str, str]] = []
    errors: list[str] = []
    for attempt in attempts:
        try:
            proofs += [proof.facts() for proof in attempt()]
        except ProofError as e:
            errors.append(str(e))
    if errors:
        module.fail_json(msg="Not proved: " + "; ".join(errors), proofs=proofs)
    module.exit_json(changed=False, proofs=proofs)


if __name__ == "__main__":
    main()
