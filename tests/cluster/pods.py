"""Pods that the tests make."""

from __future__ import annotations

from typing import Any

from kubernetes import client

from tests.live import cluster


def restricted(name: str, image: str, command: list[str], **spec: Any) -> dict[str, Any]:
    """A pod that Pod Security `restricted` admits."""
    container = {
        "name": "main",
        "image": image,
        "command": command,
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        **spec.pop("container", {}),
    }
    context = {"runAsNonRoot": True, "runAsUser": 10001, "fsGroup": 10001, "seccompProfile": {"type": "RuntimeDefault"}}
    whole = {"automountServiceAccountToken": False, "securityContext": context, "terminationGracePeriodSeconds": 1}
    return {"metadata": {"name": name, "labels": {"test": name}}, "spec": {**whole, "containers": [container], **spec}}


def start(core: client.CoreV1Api, namespace: str, body: dict[str, Any], seconds: float = 120) -> Any:
    """Create a pod and return it once it is ready."""
    core.create_namespaced_pod(namespace, body)

    def ready() -> Any:
        pod = core.read_namespaced_pod(body["metadata"]["name"], namespace)
        assert cluster.is_ready(pod), f"{namespace}/{pod.metadata.name} is {pod.status.phase}: {pod.status.conditions}"
        return pod

    return cluster.eventually(ready, seconds)


SLEEP = ["python3", "-c", "import signal, sys; signal.signal(15, lambda *_: sys.exit()); signal.pause()"]
