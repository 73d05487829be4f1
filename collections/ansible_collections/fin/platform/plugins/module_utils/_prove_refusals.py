# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forbidden acts, tried inside the cluster, each beside an allowed one that shows the way of trying works."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._prove_result import Proof, ProofError

try:
    from kubernetes import client, config
    from kubernetes.client.exceptions import ApiException
    from kubernetes.stream import stream

    HAS_KUBERNETES = True
except ImportError:  # the module's shell reports it
    HAS_KUBERNETES = False
    client = config = stream = None

    class ApiException(Exception):  # type: ignore[no-redef]
        """Stands in where the library is missing."""


# Runs in the service's own container: its pod's address and labels are what policies see. Tries three times.
CONNECT = """
import socket, sys
for _attempt in range(3):
    try:
        socket.create_connection((sys.argv[1], int(sys.argv[2])), 2).close()
        print("connected")
        break
    except OSError as e:
        print("refused", type(e).__name__)
"""


@dataclass(frozen=True)
class Call:
    """A connection from the pods of one service to a host and port."""

    namespace: str
    service: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.service} to {self.host}:{self.port}"


class Cluster:
    """The cluster as its administrator sees it.

    :raises ProofError: when the API server does not answer or refuses the administrator
    """

    def __init__(self, kubeconfig: str, context: str | None) -> None:
        self.api = config.new_client_from_config(kubeconfig, context)

    def secret(self, namespace: str, name: str, key: str) -> str:
        found = self._ask(
            lambda: client.CoreV1Api(self.api).read_namespaced_secret(name, namespace),
            f"read secret {namespace}/{name}",
        )
        return base64.b64decode(found.data[key]).decode()

    def connects(self, call: Call) -> bool:
        """Try a connection three times from a ready pod of the service."""
        core = client.CoreV1Api(self.api)
        pods = self._ask(
            lambda: (
                core.list_namespaced_pod(
                    call.namespace,
                    label_selector=f"app.kubernetes.io/name={call.service}",
                    field_selector="status.phase=Running",
                ).items
            ),
            f"list the pods of {call.service}",
        )
        ready = [
            pod for pod in pods if any(c.type == "Ready" and c.status == "True" for c in pod.status.conditions or [])
        ]
        if not ready:
            raise ProofError(f"no pod of {call.namespace}/{call.service} is ready, so {call} could not be tried")
        command = ["python3", "-c", CONNECT, call.host, str(call.port)]
        # stream() changes the client it is given: it gets one of its own.
        core = client.CoreV1Api(client.ApiClient(self.api.configuration))
        said = self._ask(
            lambda: stream(
                core.connect_get_namespaced_pod_exec, ready[0].metadata.name, call.namespace, command=command, container=call.service,
                stdout=True, stderr=True, stdin=False, tty=False, _request_timeout=30,
            ),
            f"run a connection test in {call.namespace}/{ready[0].metadata.name}",
        )  # fmt: skip
        if "connected" in said:
            return True
        if "refused" in said:
            return False
        raise ProofError(f"the connection test {call} said neither yes nor no: {said[:200]}")

    def lists_as(self, group: str, what: str, namespace: str) -> int:
        """The HTTP status of listing pods or secrets of a namespace as a member of a group."""
        api = client.ApiClient(self.api.configuration)
        api.set_default_header("Impersonate-User", f"proof:{group}")
        api.set_default_header("Impersonate-Group", group)
        core = client.CoreV1Api(api)
        try:
            {"pods": core.list_namespaced_pod, "secrets": core.list_namespaced_secret}[what](
                namespace, limit=1, _request_timeout=15
            )
        except ApiException as e:
            return int(e.status)
        return 200

    def endpoints(self) -> dict[str, str] | None:
        """The state of each of Cilium's endpoints by its pod, or None where another network plugin runs."""
        custom = client.CustomObjectsApi(self.api)
        try:
            found = custom.list_cluster_custom_object("cilium.io", "v2", "ciliumendpoints", _request_timeout=15)
        except ApiException as e:
            if e.status == 404:
                return None
            raise ProofError(f"could not list Cilium's endpoints: {e.reason}") from e
        return {
            f"{item['metadata']['namespace']}/{item['metadata']['name']}": item.get("status", {}).get(
                "state", "unknown"
            )
            for item in found["items"]
        }

    @staticmethod
    def _ask(question: Callable[[], Any], what: str) -> Any:
        try:
            return question()
        except ApiException as e:
            reason = json.loads(e.body).get("message", e.reason) if e.body and str(e.body).startswith("{") else e.reason
            raise ProofError(f"could not {what}: {reason}") from e


def connects_within(cluster: Cluster, call: Call, tries: int) -> bool:
    """Whether a call connects in some of the tries, three seconds apart: a new pod's policies take a moment."""
    for _attempt in range(tries):
        if cluster.connects(call):
            return True
        time.sleep(3)
    return False


def connections(cluster: Cluster, allowed: list[Call], forbidden: list[Call]) -> list[Proof]:
    """Allowed calls must connect within a minute, forbidden ones must fail three times; all are tried at once."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        connected = list(pool.map(lambda call: connects_within(cluster, call, tries=12), allowed))
        leaked = list(pool.map(cluster.connects, forbidden))
    for call, yes in zip(allowed, connected, strict=True):
        if not yes:
            raise ProofError(
                f"{call} is declared and must connect; it did not within a minute. Look at the policies of both namespaces"
            )
    for call, yes in zip(forbidden, leaked, strict=True):
        if yes:
            raise ProofError(
                f"{call} is declared nowhere and must be refused; it connected. The network policies are not enforced"
            )
    proofs = [Proof("allowed-connection", f"{call} connects", "connected") for call in allowed]
    return proofs + [
        Proof("forbidden-connection", f"{call} is refused", "no connection in three tries") for call in forbidden
    ]


def enforcement(cluster: Cluster) -> list[Proof]:
    """No endpoint may be stuck: later policies of such a pod would silently not be enforced."""
    stuck: dict[str, str] = {}
    for _attempt in range(15):
        states = cluster.endpoints()
        if states is None:
            return []
        stuck = {pod: state for pod, state in states.items() if state not in ("ready", "disconnecting", "disconnected")}
        if not stuck:
            return [Proof("enforcement", "no pod's policies are stuck", f"{len(states)} endpoints are ready")]
        time.sleep(2)
    listed = ", ".join(f"{pod} ({state})" for pod, state in sorted(stuck.items()))
    raise ProofError(
        f"the policies of these pods are not in force after half a minute: {listed}. See 'cilium-dbg endpoint list' on their nodes"
    )


def rights(cluster: Cluster, group: str, reads: str, refused: str) -> list[Proof]:
    """A member of the group may list the pods of one namespace, and not the Secrets of another."""
    got = cluster.lists_as(group, "pods", reads)
    if got != 200:
        raise ProofError(f"{group} may list the pods of {reads}, but got {got}")
    got = cluster.lists_as(group, "secrets", refused)
    if got != 403:
        raise ProofError(f"{group} may not list the Secrets of {refused}, but got {got} instead of 403")
    return [
        Proof("forbidden-verb", f"{group} lists the pods of {reads} and not the Secrets of {refused}", "200 and 403")
    ]
