# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forbidden acts, tried inside the cluster, each beside an allowed one that shows the way of trying works."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
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


# Runs in the service's own container: its pod's address and labels are what policies see.
CONNECT = "import socket,sys\ntry:\n socket.create_connection((sys.argv[1],int(sys.argv[2])),3).close();print('connected')\nexcept OSError as e:\n print('refused',type(e).__name__)"


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
        """Try a connection from a ready pod of the service."""
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

    def status_as(self, group: str, path: str) -> int:
        """The HTTP status of reading a path as a member of a group."""
        headers = {"Impersonate-User": f"proof:{group}", "Impersonate-Group": group, "Accept": "application/json"}
        try:
            self.api.call_api(
                path,
                "GET",
                header_params=headers,
                auth_settings=["BearerToken"],
                _preload_content=False,
                _request_timeout=15,
            )
        except ApiException as e:
            return int(e.status)
        return 200

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
    """Allowed calls must connect within a minute, forbidden ones must fail three times."""
    proofs = []
    for call in allowed:
        if not connects_within(cluster, call, tries=15):
            raise ProofError(
                f"{call} is declared and must connect; it did not within a minute. Look at the policies of both namespaces"
            )
        proofs.append(Proof("allowed-connection", f"{call} connects", "connected"))
    for call in forbidden:
        if any(cluster.connects(call) for _attempt in range(3)):
            raise ProofError(
                f"{call} is declared nowhere and must be refused; it connected. The network policies are not enforced"
            )
        proofs.append(Proof("forbidden-connection", f"{call} is refused", "no connection in three tries"))
    return proofs


def verbs(cluster: Cluster, group: str, allowed: str, forbidden: str) -> list[Proof]:
    """A member of the group may read one path and not another."""
    got = cluster.status_as(group, allowed)
    if got != 200:
        raise ProofError(f"{group} may read {allowed}, but got {got}")
    refused = cluster.status_as(group, forbidden)
    if refused != 403:
        raise ProofError(f"{group} may not read {forbidden}, but got {refused} instead of 403")
    return [Proof("forbidden-verb", f"{group} reads {allowed} and not {forbidden}", "200 and 403")]
