"""Every derived object, as a real API server judges it: strict fields, pod security, quotas, and who may do what."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from tests.kube.server import ApiServer, program
from tests.rules.environments import NAMES, collection, plan
from tests.runner.stage import cache_directory

Objects = list[dict[str, Any]]
VERBS = ("create", "delete", "get", "list", "patch", "update")
RESOURCES = ("secrets", "pods", "pods/exec", "pods/log", "deployments.apps", "deployments/scale.apps", "configmaps")
GROUPS = ("fin:viewer", "fin:developer", "fin:operator", "fin:release-manager", "fin:auditor", "fin:break-glass")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """An API server with the local environment's namespaces and rights, and PostgreSQL's definitions."""
    etcd, apiserver = program("etcd", "etcd"), program("kube-apiserver", "kubernetes")
    if not etcd or not apiserver or not program("kubectl", "kubernetes"):
        pytest.skip("etcd, kube-apiserver and kubectl were not built yet")
    found = ApiServer(tmp_path_factory.mktemp("derived"), etcd, apiserver, None)
    found.start()
    try:
        kubectl(found, [*derived("local")["namespaces"], *derived("local")["access"]])
        yield found
    finally:
        found.stop()


def derived(name: str) -> dict[str, Objects]:
    """All objects of an environment by what derives them."""
    made = plan(name)
    images = {image: {"ref": f"registry.example.org/fin/{image}:15@sha256:{'0' * 64}"} for image in made["images"]}
    derive = "plugins.module_utils._derive_"
    return {
        "namespaces": collection(f"{derive}namespaces").namespace_objects(made),
        "access": collection(f"{derive}access").access_objects(made),
        "network": collection(f"{derive}network").network_policy_objects(made),
        "services": collection(f"{derive}service").service_objects(made, images),
        "database": collection(f"{derive}database").database_objects(made, images),
        "certificates": collection(f"{derive}database").database_ca_objects(made, {"data": {"ca.crt": "eA=="}}),
    }


def kubectl(server: ApiServer, objects: Objects, *flags: str) -> None:
    """Apply objects by server-side apply; unknown and repeated fields are errors."""
    path = program("kubectl", "kubernetes")
    command = [str(path), "--kubeconfig", str(server.kubeconfig), "apply", "--server-side", "--validate=strict", *flags]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    done = subprocess.run([*command, "-f", "-"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Warning" not in done.stderr, done.stderr[-3000:]


def pods(objects: Objects) -> Objects:
    """The pods that Deployments would make."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {**o["spec"]["template"]["metadata"], **{k: o["metadata"][k] for k in ("name", "namespace")}},
            "spec": o["spec"]["template"]["spec"],
        }
        for o in objects
        if o["kind"] == "Deployment"
    ]


@pytest.mark.parametrize("name", NAMES)
def test_server_accepts_what_is_derived(server: ApiServer, name: str) -> None:
    """By dry run, without a warning; kinds of operators are known only where their definitions are."""
    parts = derived(name)
    assert all(parts.values())
    here = {o["metadata"]["name"] for o in derived("local")["namespaces"] if o["kind"] == "Namespace"} | {"kube-system"}
    objects = [o for part, found in parts.items() if part != "database" for o in found]
    known = [o for o in objects if "monitoring.coreos.com" not in o["apiVersion"]]
    kubectl(server, [o for o in known if o["metadata"].get("namespace", "edge") in here], "--dry-run=server")


@pytest.mark.parametrize("name", NAMES)
def test_pods_are_admitted_where_pod_security_is_restricted(server: ApiServer, name: str) -> None:
    """With the namespaces' quotas, limits and priorities in force."""
    kubectl(server, pods(derived(name)["services"]), "--dry-run=server")


def test_pods_that_may_do_more_are_refused(server: ApiServer) -> None:
    """Otherwise the test before this one would show nothing."""
    pod = pods(derived("local")["services"])[0]
    pod["spec"] = {**pod["spec"], "hostNetwork": True}
    with pytest.raises(AssertionError, match='violates PodSecurity "restricted:latest"'):
        kubectl(server, [pod], "--dry-run=server")


@pytest.fixture(scope="module")
def operator(server: ApiServer) -> None:
    """The definitions that come with the operator's own release."""
    charts = sorted(cache_directory().glob("programs/cloudnative-pg-*/chart/manifests.yaml"))
    if not charts:
        pytest.skip("the operator's chart was not made yet")
    call = [str(program("kubectl", "kubernetes")), "--kubeconfig", str(server.kubeconfig)]
    file = str(definitions(charts[-1], server.directory))
    for words in (["apply", "--server-side"], ["wait", "--for=condition=Established", "--timeout=60s"]):
        subprocess.run([*call, *words, "-f", file], check=True, capture_output=True)


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("name", NAMES)
def test_operator_understands_the_database(server: ApiServer, name: str) -> None:
    """Every field of the cluster and of its databases."""
    kubectl(server, derived(name)["database"], "--dry-run=server")


def definitions(manifests: Path, folder: Path) -> Path:
    """The definitions of clusters and databases among a release's manifests."""
    parts = manifests.read_text(encoding="utf-8").split("\n---\n")
    path = folder / "definitions.yaml"
    wanted = ("name: clusters.postgresql.cnpg.io\n", "name: databases.postgresql.cnpg.io\n")
    found = [part for part in parts if "\nkind: CustomResourceDefinition\n" in part and any(w in part for w in wanted)]
    path.write_text("\n---\n".join(found), encoding="utf-8")
    return path


@pytest.mark.parametrize("group", GROUPS)
def test_server_decides_as_the_rules_of_this_tree_do(server: ApiServer, group: str) -> None:
    """What tests/rules finds in the matrix, Kubernetes' own authorizer finds too."""
    objects, allowed = derived("local")["access"], collection("tests.unit.rbac").allowed
    authorizer = client.AuthorizationV1Api(server.api())
    wrong = []
    for namespace in ("application", "cde", "kube-system", "default"):
        for resource in RESOURCES:
            for verb in VERBS:
                expected = allowed(objects, group, verb, resource, namespace)
                if decide(authorizer, group, verb, resource, namespace) is not expected:
                    wrong.append(f"{verb} {resource} in {namespace}: expected {expected}")
    assert not wrong


def decide(authorizer: Any, group: str, verb: str, resource: str, namespace: str) -> bool:
    """What the API server says to somebody of a group."""
    plural, _dot, api_group = resource.partition(".")
    name, _slash, part = plural.partition("/")
    attributes = client.V1ResourceAttributes(
        group=api_group, resource=name, subresource=part, verb=verb, namespace=namespace
    )
    spec = client.V1SubjectAccessReviewSpec(user="somebody", groups=[group], resource_attributes=attributes)
    answer = authorizer.create_subject_access_review(client.V1SubjectAccessReview(spec=spec))
    return bool(answer.status.allowed)
