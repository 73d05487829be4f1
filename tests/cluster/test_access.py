"""People: each role may do what it is for, and not what it is not for, asked of the API server in that role's name."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes import client

from tests.live import cluster

GUARDED = ["cde", "data"]
ZONES = ["edge", "application", "cde", "data"]
EVERYDAY = ["viewer", "developer", "operator", "release_manager", "auditor"]


def somebody(role: str) -> client.ApiClient:
    """Somebody who has only this role."""
    group = cluster.specification()["access"]["roles"][role]["groups"][0]
    return cluster.connect("somebody@example.com", [group])


def may(role: str, verb: str, resource: str, namespace: str, subresource: str = "") -> bool:
    """What the API server says about one act of somebody with this role."""
    attributes = {"verb": verb, "resource": resource, "namespace": namespace, "subresource": subresource}
    return answer(somebody(role), attributes)


def answer(who: client.ApiClient, attributes: dict[str, str]) -> bool:
    """One question about oneself."""
    body = {"spec": {"resourceAttributes": attributes}}
    review: Any = client.AuthorizationV1Api(who).create_self_subject_access_review(body)
    return bool(review.status.allowed)


@pytest.mark.parametrize("role", EVERYDAY)
def test_everybody_sees_the_services(role: str) -> None:
    """The control: these people are known, and are let in."""
    assert client.CoreV1Api(somebody(role)).list_namespaced_pod("application").items


@pytest.mark.parametrize("role", EVERYDAY)
@pytest.mark.parametrize("namespace", ZONES)
def test_nobody_reads_secrets(role: str, namespace: str) -> None:
    """A real request, really refused."""
    with pytest.raises(client.ApiException) as refusal:
        client.CoreV1Api(somebody(role)).list_namespaced_secret(namespace)
    assert refusal.value.status == 403


@pytest.mark.parametrize("role", EVERYDAY)
@pytest.mark.parametrize("namespace", GUARDED)
@pytest.mark.parametrize("subresource", ["exec", "attach", "portforward", "ephemeralcontainers"])
def test_nobody_enters_guarded_pods(role: str, namespace: str, subresource: str) -> None:
    """Neither by a new session nor by reading one."""
    assert not may(role, "create", "pods", namespace, subresource)
    assert not may(role, "get", "pods", namespace, subresource)


def test_break_glass_may() -> None:
    """In an emergency somebody can."""
    assert may("break_glass", "get", "secrets", "cde")
    assert may("break_glass", "create", "pods", "cde", "exec")


@pytest.mark.parametrize("namespace", [*ZONES, "kube-system"])
def test_auditor_reads_and_only_reads(namespace: str) -> None:
    """Everything but Secrets can be looked at, and nothing changed."""
    for resource in ("pods", "events", "configmaps", "serviceaccounts"):
        assert may("auditor", "list", resource, namespace), resource
        for verb in ("create", "update", "patch", "delete"):
            assert not may("auditor", verb, resource, namespace), f"{verb} {resource}"


@pytest.mark.parametrize("role", EVERYDAY)
def test_nobody_grants_rights(role: str) -> None:
    """Rights come from the matrix, never from a person."""
    group = "rbac.authorization.k8s.io"
    for resource in ("roles", "rolebindings", "clusterroles", "clusterrolebindings"):
        for verb in ("create", "update", "patch", "delete"):
            wanted = {"verb": verb, "resource": resource, "group": group, "namespace": "application"}
            assert not answer(somebody(role), wanted), f"{verb} {resource}"


def test_stranger_may_nothing() -> None:
    """A name without a role opens nothing."""
    stranger = cluster.connect("stranger@example.com", ["nobody"])
    with pytest.raises(client.ApiException) as refusal:
        client.CoreV1Api(stranger).list_namespaced_pod("application")
    assert refusal.value.status == 403


@pytest.mark.parametrize("service", cluster.SERVICES)
def test_services_have_no_rights(service: str) -> None:
    """A service's account can ask the API server for nothing, token or not."""
    namespace = cluster.namespace_of(service)
    account = cluster.service_pod(service).spec.service_account_name
    assert account != "default"
    who = cluster.connect(f"system:serviceaccount:{namespace}:{account}", ["system:serviceaccounts"])
    for resource in ("pods", "secrets", "configmaps"):
        assert not answer(who, {"verb": "list", "resource": resource, "namespace": namespace}), resource


def test_no_role_of_ours_has_a_wildcard(core: client.CoreV1Api) -> None:
    """Each verb and resource is named."""
    labels = "app.kubernetes.io/part-of=fin-platform,fin.platform/role"
    roles = client.RbacAuthorizationV1Api(core.api_client).list_cluster_role(label_selector=labels).items
    assert roles
    found = [
        role.metadata.name
        for role in roles
        for rule in role.rules
        for word in (*rule.verbs, *(rule.resources or []))
        if word == "*"
    ]
    assert not found
