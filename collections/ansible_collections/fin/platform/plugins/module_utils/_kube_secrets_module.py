# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module fin.platform.generated_secrets without Ansible: parameters in, result out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._kube_arguments import CLUSTER_ARGUMENTS
from ansible_collections.fin.platform.plugins.module_utils._kube_client import connect
from ansible_collections.fin.platform.plugins.module_utils._kube_errors import KubeError
from ansible_collections.fin.platform.plugins.module_utils._kube_mask import HIDDEN
from ansible_collections.fin.platform.plugins.module_utils._kube_secrets import Copy, Result, ensure, read

REQUEST: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "namespaces": {"type": "list", "elements": "str", "required": True},
    "type": {"type": "str", "default": "Opaque"},
    "data": {"type": "dict", "default": {}},
    "generate": {"type": "list", "elements": "str", "default": []},
    "labels": {"type": "dict", "default": {}},
}
ARGUMENTS: dict[str, Any] = {
    **CLUSTER_ARGUMENTS,
    "secrets": {"type": "list", "elements": "dict", "required": True, "no_log": True, "options": REQUEST},
}


def generate(params: Mapping[str, Any], check: bool, diff: bool) -> tuple[dict[str, Any], str]:
    """Bring generated Secrets to their state.

    :param params: the module's parameters
    :returns: the result, and why the module fails, or nothing
    """
    result = Result()
    try:
        wanted = read(params["secrets"])
        client = connect(params["kubeconfig"], params["context"], 1, params["retry_seconds"])
        result = ensure(client, wanted, check)
    except KubeError as e:
        result.errors = [str(e)]
    shown: dict[str, Any] = {
        "changed": any(copy.action != "unchanged" for copy in result.copies),
        "secrets": [{"name": c.name, "namespace": c.namespace, "action": c.action} for c in result.copies],
        "invocation": {"module_args": {**params, "secrets": f"{len(params['secrets'])} secrets"}},
    }
    if diff:
        shown["diff"] = [_difference(copy) for copy in result.copies if copy.action != "unchanged"]
    return shown, "\n- ".join(["Failed to provide secrets:", *result.errors]) if result.errors else ""


def _difference(copy: Copy) -> dict[str, str]:
    title = f"Secret {copy.namespace}/{copy.name}"
    changed = [key for key in copy.keys if key in copy.changed_keys]
    before = "" if copy.action == "created" else "".join(f"{key}: {HIDDEN}\n" for key in copy.keys)
    after = "".join(f"{key}: {HIDDEN}{' (changed)' if before and key in changed else ''}\n" for key in copy.keys)
    return {"before_header": title, "after_header": f"{title} ({copy.action})", "before": before, "after": after}
