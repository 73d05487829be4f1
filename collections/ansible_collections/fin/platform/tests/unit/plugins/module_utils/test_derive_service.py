# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service's objects: hardened, spread, scaled, and given exactly what its declaration says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.fin.platform.plugins.module_utils._derive_service import MissingImage, service_objects
from ansible_collections.fin.platform.tests.unit.planning import images, only, plan

Object = dict[str, Any]


@pytest.fixture
def made(tmp_path: Path) -> Object:
    """The plan of the valid environment."""
    return plan(tmp_path)


@pytest.fixture
def objects(made: Object) -> list[Object]:
    """What is derived from it."""
    return service_objects(made, images(made))


def pod(objects: list[Object], service: str) -> Object:
    """The pod of a service's Deployment."""
    spec: Object = only(objects, "Deployment", service)["spec"]["template"]["spec"]
    return spec


def environment(container: Object) -> dict[str, str]:
    """A container's environment variables."""
    return {entry["name"]: entry["value"] for entry in container["env"]}


def test_every_service_has_all_its_objects(made: Object, objects: list[Object]) -> None:
    """One of each, in the namespace of its zone; nothing of monitoring, which this plan does not hold."""
    kinds = [
        "ServiceAccount",
        "NetworkPolicy",
        "Service",
        "Deployment",
        "HorizontalPodAutoscaler",
        "PodDisruptionBudget",
    ]
    for service in made["services"].values():
        found = [o["kind"] for o in objects if o["metadata"]["name"] == service["name"]]
        assert found == kinds
    assert {o["metadata"]["namespace"] for o in objects} == {"edge", "application", "cde"}


def test_pods_may_do_nothing_they_need_not(made: Object, objects: list[Object]) -> None:
    """What pod security `restricted` asks for, and a read-only root and no token beside."""
    for name in made["services"]:
        spec = pod(objects, name)
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in (*spec["containers"], *spec.get("initContainers", [])):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": True,
            }
            assert container["image"].startswith(f"registry.example.org/fin/{name}@sha256:")
            writable = [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")]
            assert writable == ["/tmp"]


def test_pods_survive_a_node(objects: list[Object]) -> None:
    """Spread over zones and hosts, and off a dead node within 20 s."""
    spec = pod(objects, "identity")
    spread = {c["topologyKey"]: c["whenUnsatisfiable"] for c in spec["topologySpreadConstraints"]}
    assert spread == {"topology.kubernetes.io/zone": "ScheduleAnyway", "kubernetes.io/hostname": "ScheduleAnyway"}
    assert {t["tolerationSeconds"] for t in spec["tolerations"]} == {20}
    assert only(objects, "Deployment", "identity")["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert only(objects, "PodDisruptionBudget", "identity")["spec"]["maxUnavailable"] == 1


def test_pods_drain_before_they_go(objects: list[Object]) -> None:
    """The pause before SIGTERM is shorter than the time until SIGKILL, with room for requests in between."""
    spec = pod(objects, "gateway")
    pause = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pause + 30 <= spec["terminationGracePeriodSeconds"]


def test_scale_is_the_autoscalers(objects: list[Object]) -> None:
    """No number of replicas that every run would set back."""
    assert "replicas" not in only(objects, "Deployment", "transactions")["spec"]
    spec = only(objects, "HorizontalPodAutoscaler", "transactions")["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 4)
    assert spec["metrics"][0]["resource"]["target"]["averageUtilization"] == 60


def test_only_the_migration_knows_the_owners_password(objects: list[Object]) -> None:
    """The service itself runs as a role that owns nothing."""
    spec = pod(objects, "transactions")
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    serve, migrate = spec["containers"][0], spec["initContainers"][0]
    for container, user, secret in ((serve, "ledger_app", "db-ledger-app"), (migrate, "ledger", "db-ledger")):
        values = environment(container)
        assert values["DATABASE_USER"] == user
        assert values["DATABASE_SSLMODE"] == "verify-full"
        folder = str(Path(values["DATABASE_PASSWORD_FILE"]).parent)
        mounted = [m["name"] for m in container["volumeMounts"] if m["mountPath"] == folder]
        assert volumes[mounted[0]]["secret"]["secretName"] == secret
        others = {"database", "database-owner"} - set(mounted)
        assert not others & {m["name"] for m in container["volumeMounts"]}
    assert migrate["command"] == ["python3", "-m", "transactions", "migrate"]
    assert volumes["database-ca"]["configMap"]["name"] == "platform-db-ca"


def test_what_a_service_does_not_declare_it_does_not_get(objects: list[Object]) -> None:
    """No database, no secrets, no addresses of services that it does not call."""
    spec = pod(objects, "reporting")
    assert [volume["name"] for volume in spec["volumes"]] == ["tmp"]
    assert "initContainers" not in spec
    assert {k: v for k, v in environment(spec["containers"][0]).items() if k.endswith("_URL")} == {
        "IDENTITY_URL": "http://identity.application.svc:8080",
        "ACCOUNTS_URL": "http://accounts.application.svc:8080",
        "TRANSACTIONS_URL": "http://transactions.cde.svc:8080",
    }
    assert not [key for key in environment(spec["containers"][0]) if key.startswith("DATABASE_")]


def test_secrets_are_mounted_as_files(objects: list[Object]) -> None:
    """Readable by the service's group only; never in the environment."""
    spec = pod(objects, "identity")
    volume = next(v for v in spec["volumes"] if v["name"] == "secrets")
    assert volume["secret"] == {"secretName": "identity-secrets", "defaultMode": 0o440}
    assert {"name": "secrets", "mountPath": "/etc/platform/secrets", "readOnly": True} in spec["containers"][0][
        "volumeMounts"
    ]


def test_public_service_is_exposed_as_its_provider_does(made: Object, tmp_path: Path) -> None:
    """A node's port on kind, a load balancer elsewhere, and nothing for services that are not public."""
    objects = service_objects(made, images(made))
    gateway = only(objects, "Service", "gateway")["spec"]
    assert (gateway["type"], gateway["ports"][0]["nodePort"]) == ("NodePort", 30080)
    assert only(objects, "Service", "accounts")["spec"]["type"] == "ClusterIP"
    assert {o["spec"]["ports"][0]["appProtocol"] for o in objects if o["kind"] == "Service"} == {"http"}
    expose = {"gateway": {"host_port": None, "node_port": None, "annotations": {"example.org/scheme": "internal"}}}
    cloud = plan(tmp_path, {"spec": {"provider": "existing", "cluster": {"api_port": None}, "expose": expose}})
    service = only(service_objects(cloud, images(cloud)), "Service", "gateway")
    assert service["spec"]["type"] == "LoadBalancer"
    assert "nodePort" not in service["spec"]["ports"][0]
    assert service["metadata"]["annotations"] == {"example.org/scheme": "internal"}


def test_record_of_processing_is_on_the_deployment(objects: list[Object]) -> None:
    """What is kept of whom, and for how long."""
    metadata = only(objects, "Deployment", "identity")["metadata"]
    assert metadata["labels"]["fin.platform/data-class"] == "personal"
    assert metadata["annotations"]["fin.platform/retention.users"] == "10y"
    assert metadata["annotations"]["fin.platform/personal-data"] == "email,name"


def test_pods_restart_only_for_what_concerns_them(made: Object, tmp_path: Path) -> None:
    """A new objective or retention changes no pod; a new call does."""
    before = pod(service_objects(made, images(made)), "reporting")
    other = plan(tmp_path / "a", {"services": {"reporting": {"slo": {"p99_ms": 5}, "retention": {"logs": "1y"}}}})
    assert pod(service_objects(other, images(other)), "reporting") == before
    other = plan(tmp_path / "b", {"services": {"reporting": {"calls": ["accounts"]}}})
    assert pod(service_objects(other, images(other)), "reporting") != before


def test_monitoring_comes_with_its_component(tmp_path: Path) -> None:
    """Scraping, alerts, and the way in for who scrapes."""
    made = plan(tmp_path, {"spec": {"profile": "full"}})
    objects = service_objects(made, images(made))
    monitor = only(objects, "ServiceMonitor", "transactions")
    assert monitor["spec"]["endpoints"][0]["port"] == "http"
    rules = only(objects, "PrometheusRule", "transactions")["spec"]["groups"][0]["rules"]
    fast = next(rule for rule in rules if rule.get("alert") == "ErrorBudgetBurn1h")
    # 14.4 times the 0.05 % that 99.95 % leave.
    assert fast["expr"].count("> 0.0072") == 2
    recorded = {rule["record"] for rule in rules if "record" in rule}
    assert all(
        any(name in rule["expr"] for name in recorded) for rule in rules if rule.get("alert", "").startswith("Error")
    )
    policy = only(objects, "NetworkPolicy", "transactions")["spec"]
    assert {"kubernetes.io/metadata.name": "monitoring"} in [
        peer["namespaceSelector"]["matchLabels"] for rule in policy["ingress"] for peer in rule["from"]
    ]


def test_missing_image_is_named(made: Object) -> None:
    """What was asked for, and what there is."""
    with pytest.raises(MissingImage, match="no image 'accounts' was provided, only postgresql"):
        service_objects(made, {"postgresql": {"ref": "x"}})
