# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module fin.platform.manifests without Ansible: parameters in, result out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._kube_arguments import CLUSTER_ARGUMENTS
from ansible_collections.fin.platform.plugins.module_utils._kube_client import connect
from ansible_collections.fin.platform.plugins.module_utils._kube_errors import KubeError
from ansible_collections.fin.platform.plugins.module_utils._kube_mask import Mask
from ansible_collections.fin.platform.plugins.module_utils._manifests_item import InputError
from ansible_collections.fin.platform.plugins.module_utils._manifests_run import Report, Request, Run
from ansible_collections.fin.platform.plugins.module_utils._manifests_show import complaint

ARGUMENTS: dict[str, Any] = {
    **CLUSTER_ARGUMENTS,
    "set": {"type": "str", "required": True},
    "objects": {"type": "list", "elements": "dict", "required": True, "no_log": True},
    "prune": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": False},
    "wait_claims": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 300},
    "concurrency": {"type": "int", "default": 16},
    "field_manager": {"type": "str", "default": "fin.platform"},
    "force_conflicts": {"type": "bool", "default": False},
}


def apply(params: Mapping[str, Any], check: bool, diff: bool) -> tuple[dict[str, Any], str]:
    """Apply a set.

    :param params: the module's parameters
    :returns: the result, and why the module fails, or nothing
    """
    request = Request(
        set_name=params["set"],
        objects=params["objects"],
        prune=params["prune"],
        wait=params["wait"],
        wait_claims=params["wait_claims"],
        timeout=params["timeout"],
        concurrency=max(params["concurrency"], 1),
        field_manager=params["field_manager"],
        force_conflicts=params["force_conflicts"],
        check=check,
        diff=diff,
    )
    shown = {**params, "objects": f"{len(request.objects)} objects"}
    run: Run | None = None
    mask = Mask(request.objects)
    report, failure = Report(), ""
    try:
        client = connect(params["kubeconfig"], params["context"], request.concurrency, params["retry_seconds"])
        run = Run(client, request, mask)
        report = run()
    except InputError as e:
        report.errors = [("the input", [problem]) for problem in e.problems]
        failure = "\n- ".join([f"Set {request.set_name!r} was not applied, and nothing was written:", *e.problems])
    except KubeError as e:
        report = run.report if run else report
        failure = f"Failed to apply set {request.set_name!r}: {e}"
    if report.errors and not failure:
        failure = complaint(request.set_name, report.errors, report.untouched)
    result = report.result(request, mask)
    return {**result, "warnings": report.warnings, "invocation": {"module_args": shown}}, mask.text(failure)
