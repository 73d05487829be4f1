#!/usr/bin/python
# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: images
short_description: Provide container images and programs, pulled by digest or built from source
version_added: 1.0.0
author: fin.platform authors (@fin-platform)
description:
  - Says for each wanted image how manifests must name it.
  - Where the upstream registries answer, that is the upstream name by digest, and nothing is built but the services.
  - Where they do not, the image is built from pinned and checksummed Go modules and Debian packages, and pushed to a local registry.
  - What was built once is kept by its content in the cache, and never built again.
requirements: [PyYAML, docker (client), go, mmdebstrap]
options:
  mode:
    description:
      - V(pull) takes upstream's images, V(build) builds all of them.
      - V(auto) pulls if the first image's registry answers within four seconds, else builds; the result says which and why.
    type: str
    choices: [auto, pull, build]
    default: auto
  images:
    description: Names of the wanted images.
    type: list
    elements: str
    default: []
  programs:
    description: Wanted programs for this machine, as C(group/output); they are always built.
    type: list
    elements: str
    default: []
  definitions:
    description: Folder with the folders C(programs) and C(images).
    type: path
    required: true
  services:
    description: Folder of services, each an image of its own; always built.
    type: path
  cache:
    description: Folder that keeps what was built.
    type: path
    required: true
  registry:
    description: Host and port of the local registry.
    type: str
    default: localhost:5001
  docker_host:
    description: Socket of the Docker daemon; empty for the client's default.
    type: str
    default: ''
attributes:
  check_mode:
    description: Says what would be built.
    support: full
  diff_mode:
    description: There is no text to compare.
    support: none
extends_documentation_fragment: []
"""

EXAMPLES = r"""
- name: Have Cilium's images
  fin.platform.images:
    images: [cilium, cilium-operator]
    definitions: /srv/images
    cache: ~/.cache/fin-platform
"""

RETURN = r"""
images:
  description: For each image its C(repository), C(tag), C(digest) and whole C(ref).
  returned: success
  type: dict
programs:
  description: For each program its path.
  returned: success
  type: dict
built:
  description: What was built in this run.
  returned: success
  type: list
  elements: str
mode:
  description: What was done, V(pull) or V(build).
  returned: success
  type: str
reason:
  description: Why that was done.
  returned: success
  type: str
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.fin.platform.plugins.module_utils._images_definition import DefinitionError
from ansible_collections.fin.platform.plugins.module_utils._images_provide import Request, provide
from ansible_collections.fin.platform.plugins.module_utils._progress import CommandError


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "mode": {"type": "str", "choices": ["auto", "pull", "build"], "default": "auto"},
            "images": {"type": "list", "elements": "str", "default": []},
            "programs": {"type": "list", "elements": "str", "default": []},
            "definitions": {"type": "path", "required": True},
            "services": {"type": "path"},
            "cache": {"type": "path", "required": True},
            "registry": {"type": "str", "default": "localhost:5001"},
            "docker_host": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    params = dict(module.params)
    for name in ("definitions", "services", "cache"):
        params[name] = Path(params[name]) if params[name] else None
    try:
        module.exit_json(**provide(Request(**params), check=module.check_mode))
    except (DefinitionError, CommandError, OSError) as e:
        module.fail_json(msg=f"Failed to provide images: {e}")


if __name__ == "__main__":
    main()
