# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait for objects that somebody else applied, such as a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.fin.platform.plugins.module_utils._kube_client import KubeClient
from ansible_collections.fin.platform.plugins.module_utils._kube_discovery import discover
from ansible_collections.fin.platform.plugins.module_utils._kube_mask import Mask
from ansible_collections.fin.platform.plugins.module_utils._manifests_diagnose import diagnose
from ansible_collections.fin.platform.plugins.module_utils._manifests_item import read
from ansible_collections.fin.platform.plugins.module_utils._manifests_wait import wait_ready

VERSIONS = {
    "APIService": "apiregistration.k8s.io/v1",
    "DaemonSet": "apps/v1",
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
}


def late(client: KubeClient, wanted: Sequence[Mapping[str, str]], timeout: float) -> list[str]:
    """Wait for objects; returns a text for each that is not ready in time, with its reason.

    :param wanted: objects by ``kind``, ``name`` and ``namespace``
    :param timeout: seconds for each
    :raises KubeError: the API server does not answer
    """
    objects = [
        {
            "apiVersion": VERSIONS[entry["kind"]],
            "kind": entry["kind"],
            "metadata": {"name": entry["name"]}
            | ({} if entry["kind"] == "APIService" else {"namespace": entry["namespace"]}),
        }
        for entry in wanted
    ]
    items = read(objects, "ready", discover(client), lenient=True).items
    found = []
    mask = Mask([])
    # One by one: a list could select them only by the label of a set, which what a chart applied does not carry.
    for item in items:
        for pending in wait_ready(client, {}, [item], "ready", timeout):
            said = [f"{item} is not ready after {timeout:.0f} s: {mask.log(pending.verdict.reason)}"]
            found.append("\n  ".join(said + diagnose(client, item, pending.body, mask)))
    return found
