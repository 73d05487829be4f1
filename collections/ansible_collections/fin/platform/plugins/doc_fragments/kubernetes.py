# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of the modules that talk to a Kubernetes API server."""

    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - File with the address of the API server and the credentials.
      - Left out, E(KUBECONFIG) is used, then C(~/.kube/config), then the ServiceAccount of the pod it runs in.
    type: path
  context:
    description: Context of the kubeconfig to use; left out, its current one.
    type: str
  retry_seconds:
    description:
      - For how long a request is repeated when the API server is overloaded (429), broken (5xx), refuses connections
        or drops them, as it does while it restarts.
      - After that the module fails, saying what the server answered last.
    type: int
    default: 60
requirements:
  - kubernetes (Python client)
  - Kubernetes >= 1.30
"""
