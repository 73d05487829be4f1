"""Write down what the cluster looks like, for whoever reads the logs after it is gone."""

from __future__ import annotations

import sys
from typing import Any

from kubernetes import client

from tests.live import cluster

MOST = 12
LINES = 40


def main() -> int:
    """Nodes, pods, warnings, and the last words of every container that is not well."""
    core = client.CoreV1Api(cluster.connect())
    for node in core.list_node().items:
        conditions = {item.type: item.status for item in node.status.conditions}
        print(f"node {node.metadata.name}: {conditions}")
    pods = core.list_pod_for_all_namespaces().items
    for pod in pods:
        states = {item.name: (item.ready, item.restart_count) for item in pod.status.container_statuses or []}
        print(f"pod {name(pod)} on {pod.spec.node_name}: {pod.status.phase} {states}")
    warnings = core.list_event_for_all_namespaces(field_selector="type=Warning").items
    for event in sorted(warnings, key=lambda item: str(item.last_timestamp or item.event_time))[-50:]:
        about = event.involved_object
        print(f"warning {about.kind} {about.namespace}/{about.name}: {event.reason}: {event.message}")
    unwell = [pod for pod in pods if not cluster.is_ready(pod) and pod.status.phase != "Succeeded"]
    for pod in unwell[:MOST]:
        last_words(core, pod)
    return 0


def last_words(core: client.CoreV1Api, pod: Any) -> None:
    """The end of each container's log."""
    for container in [*(pod.spec.init_containers or []), *pod.spec.containers]:
        try:
            text = core.read_namespaced_pod_log(
                pod.metadata.name, pod.metadata.namespace, container=container.name, tail_lines=LINES
            )
        except client.ApiException as error:
            text = f"no log: {error.reason}"
        print(f"--- {name(pod)} {container.name}\n{text}")


def name(pod: Any) -> str:
    """Namespace and name."""
    return f"{pod.metadata.namespace}/{pod.metadata.name}"


if __name__ == "__main__":
    sys.exit(main())
