"""Objects that tests apply."""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]


def deployment(namespace: str, name: str, replicas: int = 1) -> Body:
    """A Deployment of one container."""
    labels = {"app": name}
    container = {"name": "main", "image": "example.invalid/main:1"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def definition(group: str, kind: str) -> Body:
    """A CustomResourceDefinition with a status and a spec of texts."""
    plural = kind.lower() + "s"
    schema: Body = {
        "type": "object",
        "properties": {
            "spec": {"type": "object", "additionalProperties": {"type": "string"}},
            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        },
    }
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind},
            "versions": [version],
        },
    }


def custom(namespace: str, group: str, kind: str, name: str, **spec: str) -> Body:
    """An object of such a definition."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": f"{group}/v1", "kind": kind, "metadata": metadata, "spec": spec}


def secret(namespace: str, name: str, **values: str) -> Body:
    """A Secret."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values}
