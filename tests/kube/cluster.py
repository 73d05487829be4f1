"""Call the modules' logic on an API server, and look at what is there."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils import _kube_secrets_module, _manifests_module
from ansible_collections.fin.platform.plugins.module_utils._kube_client import connect
from ansible_collections.fin.platform.plugins.module_utils._kube_errors import KubeAnswerError

Body = dict[str, Any]


class Cluster:
    """An API server as a test sees it.

    :param name: of the test's namespace and set
    """

    def __init__(self, kubeconfig: Path, name: str) -> None:
        self.kubeconfig, self.name = kubeconfig, name
        self.client = connect(str(kubeconfig), None, 4, 20)

    def apply(self, *objects: Body, check: bool = False, diff: bool = False, **params: Any) -> tuple[Body, str]:
        """fin.platform.manifests: the result, and why it failed."""
        given = {name: spec.get("default") for name, spec in _manifests_module.ARGUMENTS.items()}
        given.update(kubeconfig=str(self.kubeconfig), set=self.name, objects=list(objects), retry_seconds=30)
        result, failure = _manifests_module.apply({**given, **params}, check, diff)
        shown = json.dumps(result)
        for body in objects:
            for value in (body.get("stringData") or {}).values() if isinstance(body, dict) else ():
                assert value not in shown + failure
        return result, failure

    def applied(self, *objects: Body, **params: Any) -> dict[str, str]:
        """What came of each object, by kind and name; the apply must succeed."""
        result, failure = self.apply(*objects, **params)
        assert not failure
        return actions(result)

    def secrets(self, *requests: Body, check: bool = False, diff: bool = False) -> tuple[Body, str]:
        """fin.platform.generated_secrets: the result, and why it failed."""
        defaults: Body = {"type": "Opaque", "data": {}, "generate": [], "labels": {}}
        given = {"kubeconfig": str(self.kubeconfig), "context": None, "retry_seconds": 30}
        return _kube_secrets_module.generate(
            {**given, "secrets": [{**defaults, **each} for each in requests]}, check, diff
        )

    def live(self, path: str) -> Body | None:
        """An object of the test's namespace, such as ``configmaps/a``; or by an absolute path."""
        return self.client.find(path if path.startswith("/") else f"/api/v1/namespaces/{self.name}/{path}")

    def secret(self, name: str, namespace: str = "") -> dict[str, str]:
        """The values of a Secret."""
        body = self.live(f"/api/v1/namespaces/{namespace or self.name}/secrets/{name}")
        assert body
        return {key: base64.b64decode(value).decode() for key, value in body["data"].items()}

    def write(self, path: str, body: Body, manager: str = "somebody", force: bool = False) -> Body:
        """Write as somebody else does: by a server-side apply of another manager."""
        query = {"fieldManager": manager, "force": str(force).lower()}
        return self.client.request("PATCH", path, query, body, content="application/apply-patch+yaml").body

    def merge(self, path: str, body: Body) -> Body:
        """Change some fields as a controller does."""
        query = {"fieldManager": "controller"}
        return self.client.request("PATCH", path, query, body, content="application/merge-patch+json").body

    def post(self, path: str, body: Body) -> None:
        """Create something, if it is not there."""
        try:
            self.client.request("POST", path, {}, body)
        except KubeAnswerError as e:
            if e.status != 409:
                raise

    def namespace(self, name: str = "") -> Body:
        return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name or self.name}}

    def have_namespace(self) -> None:
        """The test's namespace, not of the set."""
        self.post("/api/v1/namespaces", self.namespace())

    def config(self, name: str, namespace: str = "", **data: str) -> Body:
        """A ConfigMap."""
        metadata = {"name": name, "namespace": namespace or self.name}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def actions(result: Body) -> dict[str, str]:
    """What came of each object, by kind and name."""
    return {f"{each['kind']} {each['name']}": each["action"] for each in result["objects"]}
