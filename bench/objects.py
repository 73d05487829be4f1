"""The objects that are applied: a mix as platforms have them, the same for all candidates."""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]


def mixed(count: int, namespace: str) -> list[Body]:
    """Objects of five kinds.

    :param namespace: where they go; it must exist
    """
    return [_object(number, namespace) for number in range(count)]


def _object(number: int, namespace: str) -> Body:
    metadata: Body = {
        "name": f"bench-{number:05d}",
        "namespace": namespace,
        "labels": {"app.kubernetes.io/name": "bench", "app.kubernetes.io/part-of": "fin-platform"},
        "annotations": {"example.com/owner": f"team-{number % 7}"},
    }
    match number % 10:
        case 0 | 1 | 2 | 3 | 4:
            data = {f"key-{key}": f"{number}-{key} " + "x" * 120 for key in range(6)}
            return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
        case 5 | 6:
            texts = {"username": f"user-{number}", "password": f"not-a-secret-{number}"}
            return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": texts}
        case 7:
            return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
        case 8:
            rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}]
            return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata, "rules": rules}
        case _:
            return {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "RoleBinding",
                "metadata": metadata,
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": metadata["name"]},
                "subjects": [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "nobody"}],
            }


def altered(objects: list[Body], every: int) -> tuple[list[Body], set[str]]:
    """The same objects with changes in some, and the names of these.

    Added, replaced and removed keys of labels, annotations and content take turns.
    """
    changed: set[str] = set()
    result = []
    for number, body in enumerate(objects):
        copy = {**body, "metadata": {key: _copied(value) for key, value in body["metadata"].items()}}
        if number % every == 0:
            changed.add(f"{body['kind']} {body['metadata']['name']}")
            _alter(copy, number // every)
        result.append(copy)
    return result, changed


def _copied(value: Any) -> Any:
    return dict(value) if isinstance(value, dict) else value


def _alter(body: Body, turn: int) -> None:
    metadata = body["metadata"]
    match turn % 4:
        case 0:
            metadata["labels"].pop("app.kubernetes.io/part-of")
        case 1:
            metadata["annotations"]["example.com/owner"] = "another"
        case 2:
            metadata["annotations"].clear()
        case _ if "data" in body:
            body["data"] = dict(list(body["data"].items())[1:])
        case _:
            metadata["labels"]["new"] = "label"
