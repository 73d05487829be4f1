# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why an object does not become ready: its events, the state of its containers, and the last lines they wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._kube_client import KubeClient
from ansible_collections.fin.platform.plugins.module_utils._kube_errors import KubeError
from ansible_collections.fin.platform.plugins.module_utils._kube_mask import Mask
from ansible_collections.fin.platform.plugins.module_utils._manifests_item import Item, group_of
from ansible_collections.fin.platform.plugins.module_utils._manifests_ready import conditions, said

LOG_LINES = 10
MOST_PODS, MOST_EVENTS = 2, 4
LONGEST_LINE = 300
# Their pods are found by a label; those of workloads by the workload's selector.
POD_LABELS = {("postgresql.cnpg.io", "Cluster"): "cnpg.io/cluster"}


def diagnose(client: KubeClient, item: Item, body: Mapping[str, Any], mask: Mask) -> list[str]:
    """Lines that explain an object. What cannot be read is said instead: a diagnosis must not hide the error."""
    if not item.namespace:
        return []
    lines: list[str] = []
    names = {item.name}
    try:
        pods = _pods(client, item, body)
        for pod in [pod for pod in pods if not _ready(pod)][:MOST_PODS]:
            names |= {pod["metadata"]["name"], *_claims(pod)}
            lines += _pod(client, pod)
        lines += _events(client, item, names)
    except KubeError as e:
        lines.append(f"the reason could not be read: {e}")
    return [mask.log(line)[:LONGEST_LINE] for line in lines]


def _pods(client: KubeClient, item: Item, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    base = f"/api/v1/namespaces/{item.namespace}/pods"
    if item.kind == "Pod":
        pod = client.find(f"{base}/{item.name}")
        return [pod] if pod else []
    label = POD_LABELS.get((group_of(body), item.kind))
    labels = {label: item.name} if label else ((body.get("spec") or {}).get("selector") or {}).get("matchLabels")
    if not isinstance(labels, Mapping) or not labels:
        return []
    wanted = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    # The newest pods are those of the change that is waited for.
    return sorted(
        client.items(base, labelSelector=wanted),
        key=lambda pod: str(pod["metadata"]["creationTimestamp"]),
        reverse=True,
    )


def _ready(pod: Mapping[str, Any]) -> bool:
    status = pod.get("status") or {}
    return status.get("phase") == "Succeeded" or conditions(status).get("Ready", {}).get("status") == "True"


def _claims(pod: Mapping[str, Any]) -> Iterable[str]:
    for volume in (pod.get("spec") or {}).get("volumes") or []:
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if claim:
            yield str(claim)


def _pod(client: KubeClient, pod: Mapping[str, Any]) -> list[str]:
    status, name = pod.get("status") or {}, pod["metadata"]["name"]
    scheduled = conditions(status).get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return [f"Pod {name}: {said(scheduled)}"]
    lines = []
    for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        trouble = _trouble(container)
        if trouble:
            lines.append(f"Pod {name}, container {container['name']}: {trouble}")
            lines += _log(client, pod, container)
            break  # those after it wait for it
    return lines or [f"Pod {name}: {status.get('phase', 'in no phase yet')}"]


def _trouble(container: Mapping[str, Any]) -> str:
    """Why a container is not doing its work, or nothing."""
    state, last = container.get("state") or {}, (container.get("lastState") or {}).get("terminated")
    words = []
    if state.get("waiting"):
        words.append("waiting: " + _said(state["waiting"]))
    elif state.get("terminated"):
        if state["terminated"].get("exitCode") == 0:
            return ""
        words.append(_ended(state["terminated"]))
    elif container.get("ready") or (state.get("running") and container.get("started") and "ready" not in container):
        return ""
    else:
        words.append("running, and not ready: its readiness or startup probe fails")
    if last:
        words.append(f"last time it {_ended(last)}")
    if container.get("restartCount"):
        words.append(f"{container['restartCount']} restarts")
    return "; ".join(words)


def _said(state: Mapping[str, Any]) -> str:
    return ": ".join(str(state[key]) for key in ("reason", "message") if state.get(key)) or "for no stated reason"


def _ended(state: Mapping[str, Any]) -> str:
    text = f"ended with exit code {state.get('exitCode')}"
    return f"{text} ({_said(state)})" if state.get("reason") or state.get("message") else text


def _log(client: KubeClient, pod: Mapping[str, Any], container: Mapping[str, Any]) -> list[str]:
    """The last lines of a container, of its previous life when this one has not begun."""
    state = container.get("state") or {}
    ended = bool((container.get("lastState") or {}).get("terminated"))
    if not (state.get("running") or state.get("terminated") or ended):
        return []  # it never ran
    path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}/log"
    previous = "true" if ended and not state.get("running") and not state.get("terminated") else "false"
    try:
        text = client.text(path, container=container["name"], tailLines=str(LOG_LINES), previous=previous)
    except KubeError as e:
        return [f"  its log cannot be read: {e}"]
    return [f"  | {line}" for line in text.splitlines()[-LOG_LINES:]] or ["  its log is empty"]


def _events(client: KubeClient, item: Item, names: set[str]) -> list[str]:
    """The last warnings about an object, what it made, and their claims."""
    found = []
    for event in client.items(f"/api/v1/namespaces/{item.namespace}/events", fieldSelector="type=Warning"):
        about = event.get("involvedObject") or {}
        name = str(about.get("name"))
        # A Deployment's ReplicaSet says why there are no pods.
        if name in names or (about.get("kind") == "ReplicaSet" and name.startswith(f"{item.name}-")):
            when = event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp")
            text = f"event on {about.get('kind')} {name}: {event.get('reason')}: {event.get('message')}"
            found.append((str(when or ""), text))
    return list(dict.fromkeys(text for _when, text in sorted(found, reverse=True)))[:MOST_EVENTS]
