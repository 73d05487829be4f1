"""Storage: a claim of the default class binds, is written, and outlives its pod; Secrets rest encrypted."""

from __future__ import annotations

import base64
import secrets
import subprocess

import pytest
from kubernetes import client

from tests.cluster import pods
from tests.live import cluster


def test_claim_binds_and_keeps_its_content(core: client.CoreV1Api, namespace: str, image: str) -> None:
    """What one pod writes, the next one reads."""
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "16Mi"}}}
    core.create_namespaced_persistent_volume_claim(namespace, {"metadata": {"name": "kept"}, "spec": claim})
    mounted = {
        "volumes": [{"name": "kept", "persistentVolumeClaim": {"claimName": "kept"}}],
        "container": {"volumeMounts": [{"name": "kept", "mountPath": "/kept"}]},
    }
    writer = pods.start(core, namespace, pods.restricted("writer", image, pods.SLEEP, **mounted))
    cluster.run_in(writer, ["python3", "-c", "open('/kept/word', 'w').write('still here')"])
    core.delete_namespaced_pod("writer", namespace)
    mounted["container"] = {"volumeMounts": [{"name": "kept", "mountPath": "/kept"}]}
    reader = pods.start(core, namespace, pods.restricted("reader", image, pods.SLEEP, **mounted))
    assert cluster.read_in(reader, "/kept/word") == "still here"


def test_exactly_one_storage_class_is_the_default() -> None:
    """A claim that names no class gets one, and always the same."""
    classes = client.StorageV1Api(cluster.connect()).list_storage_class().items
    marked = [item for item in classes if (item.metadata.annotations or {}).get(DEFAULT) == "true"]
    assert len(marked) == 1


@pytest.mark.parametrize(("kind", "readable"), [("config_map", True), ("secret", False)])
def test_secrets_are_encrypted_at_rest(core: client.CoreV1Api, namespace: str, kind: str, readable: bool) -> None:
    """A Secret's value cannot be found in etcd's files, while a ConfigMap's can: the search does find things."""
    word = secrets.token_hex(24)
    body = {"metadata": {"name": f"rest-{kind.replace('_', '-')}"}}
    if kind == "secret":
        core.create_namespaced_secret(namespace, {**body, "data": {"word": base64.b64encode(word.encode()).decode()}})
    else:
        core.create_namespaced_config_map(namespace, {**body, "data": {"word": word}})

    def search() -> None:
        assert found_in_etcd(core, word) is readable

    cluster.eventually(search, 30 if readable else 0)


def found_in_etcd(core: client.CoreV1Api, word: str) -> bool:
    """Whether a word stands in the files of the control plane's etcd."""
    node = next(node for node in core.list_node().items if CONTROL_PLANE in node.metadata.labels).metadata.name
    command = ["docker", "exec", node, "grep", "--recursive", "--quiet", "--text", word, "/var/lib/etcd"]
    return subprocess.run(command, env=cluster.docker_environment(), capture_output=True, check=False).returncode == 0


CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
DEFAULT = "storageclass.kubernetes.io/is-default-class"
