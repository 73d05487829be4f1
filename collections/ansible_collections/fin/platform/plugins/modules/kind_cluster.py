#!/usr/bin/python
# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kind_cluster
short_description: Create, start or delete a kind cluster
version_added: 1.0.0
author: fin.platform authors (@fin-platform)
description:
  - Creates a kind cluster from a configuration, with nodes that reach a local registry, and an own key for Secrets at rest.
  - A creation that was interrupted is begun anew, and stopped nodes are started.
  - kind cannot change a cluster, so one that was made from another configuration is refused and left as it is.
requirements: [docker (client), kind]
options:
  state:
    description: Whether the cluster is wanted.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: Name of the cluster.
    type: str
    required: true
  image:
    description: The node image.
    type: str
    default: ''
  config:
    description: kind's cluster configuration. C(@STATE@) in it stands for O(directory).
    type: str
    default: ''
  files:
    description: Further files by name, written to O(directory) for the configuration to mount.
    type: dict
    default: {}
  directory:
    description: Folder for the cluster's files, readable by its owner only.
    type: path
    required: true
  kubeconfig:
    description: File to write the credentials to.
    type: path
    required: true
  kind:
    description: The program kind.
    type: path
    required: true
  kubectl:
    description: The program kubectl.
    type: path
    required: true
  docker_host:
    description: Socket of the Docker daemon; empty for the client's default.
    type: str
    default: ''
  cache:
    description: Folder for logs and the progress file.
    type: path
    required: true
  registry:
    description: Host and port by which nodes name the local registry; empty for none.
    type: str
    default: ''
  registry_container:
    description: The local registry's container.
    type: str
    default: fin-platform-registry
attributes:
  check_mode:
    description: Says whether the cluster would be made or started.
    support: full
  diff_mode:
    description: There is no text to compare.
    support: none
"""

EXAMPLES = r"""
- name: Have a cluster
  fin.platform.kind_cluster:
    name: demo
    image: kindest/node:v1.36.1
    config: |
      kind: Cluster
      apiVersion: kind.x-k8s.io/v1alpha4
    directory: ~/.local/state/demo
    kubeconfig: ~/.kube/demo
    kind: /usr/local/bin/kind
    kubectl: /usr/local/bin/kubectl
    cache: ~/.cache/fin-platform
"""

RETURN = r"""
before:
  description: What was there, one of V(absent), V(broken), V(stopped) or V(running).
  returned: success
  type: str
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.fin.platform.plugins.module_utils._kind_cluster import Kind, ensure
from ansible_collections.fin.platform.plugins.module_utils._progress import CommandError


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str", "required": True},
            "image": {"type": "str", "default": ""},
            "config": {"type": "str", "default": ""},
            "files": {"type": "dict", "default": {}},
            "directory": {"type": "path", "required": True},
            "kubeconfig": {"type": "path", "required": True},
            "kind": {"type": "path", "required": True},
            "kubectl": {"type": "path", "required": True},
            "docker_host": {"type": "str", "default": ""},
            "cache": {"type": "path", "required": True},
            "registry": {"type": "str", "default": ""},
            "registry_container": {"type": "str", "default": "fin-platform-registry"},
        },
        supports_check_mode=True,
    )
    params = dict(module.params)
    wanted = params.pop("state") == "present"
    state, kubeconfig, cache = Path(params.pop("directory")), Path(params.pop("kubeconfig")), Path(params.pop("cache"))
    try:
        module.exit_json(
            **ensure(Kind(state=state, kubeconfig=kubeconfig, cache=cache, **params), wanted, module.check_mode)
        )
    except (CommandError, OSError) as e:
        module.fail_json(msg=f"Failed to bring cluster {params['name']!r} to state {module.params['state']}: {e}")


if __name__ == "__main__":
    main()
