# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All objects of a service, from its declaration. Adding a call between two services is one line in one file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._derive_common import (
    DATABASE_NAMESPACE,
    DATABASE_PORT,
    ZONE_LABEL,
    Object,
    database_pods,
    has_component,
    manifest,
    service_pods,
)
from ansible_collections.fin.platform.plugins.module_utils._derive_monitoring import monitoring_objects, scrape_peer
from ansible_collections.fin.platform.plugins.module_utils._derive_network import ip_block, pods_in, policy, tcp
from ansible_collections.fin.platform.plugins.module_utils._derive_pod import pod_template


class MissingImage(KeyError):
    """A service's image is not among those provided."""


def service_objects(plan: Mapping[str, Any], images: Mapping[str, Mapping[str, str]]) -> list[Object]:
    """The objects of all services.

    :param images: for each name of an image at least its `ref`
    :raises MissingImage: an image was not provided
    """
    objects: list[Object] = []
    for service in plan["services"].values():
        if service["name"] not in images:
            raise MissingImage(f"no image {service['name']!r} was provided, only {', '.join(sorted(images))}")
        objects += one_service(service, plan, images[service["name"]]["ref"])
    return objects


def one_service(service: Mapping[str, Any], plan: Mapping[str, Any], image: str) -> list[Object]:
    """The objects of one service."""
    objects = [
        _make(service, "ServiceAccount", "v1", automountServiceAccountToken=False),
        _make(service, "NetworkPolicy", "networking.k8s.io/v1", spec=_flows(service, plan)),
        _service(service, plan),
        _deployment(service, plan, image),
        _autoscaler(service),
        _make(service, "PodDisruptionBudget", "policy/v1", spec=_disruption(service)),
    ]
    return objects + (monitoring_objects(service, _labels(service)) if has_component(plan, "monitoring") else [])


def _labels(service: Mapping[str, Any]) -> dict[str, str]:
    return {ZONE_LABEL: service["zone"], "fin.platform/data-class": service["data_class"]}


def _record(service: Mapping[str, Any]) -> dict[str, str]:
    """What the record of processing activities says of the service (GDPR, article 30)."""
    record = {f"fin.platform/retention.{kind}": time for kind, time in service["retention"].items()}
    if service["personal_data"]:
        record["fin.platform/personal-data"] = ",".join(service["personal_data"])
    return record


def _make(
    service: Mapping[str, Any],
    kind: str,
    api_version: str,
    annotations: Mapping[str, str] | None = None,
    **content: Any,
) -> Object:
    return manifest(kind, api_version, service["name"], service["namespace"], _labels(service), annotations, **content)


def _deployment(service: Mapping[str, Any], plan: Mapping[str, Any], image: str) -> Object:
    declaration = hashlib.sha256(json.dumps(service, sort_keys=True).encode()).hexdigest()
    labels = {**service_pods(service["name"]), **_labels(service)}
    spec = {
        # No number of replicas: that is the autoscaler's to say, and never fewer than its minimum.
        "revisionHistoryLimit": 5,
        "progressDeadlineSeconds": 300,
        "selector": {"matchLabels": service_pods(service["name"])},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "template": pod_template(service, plan, image, labels),
    }
    annotations = {"fin.platform/declaration": declaration[:16], **_record(service)}
    return _make(service, "Deployment", "apps/v1", annotations, spec=spec)


def _service(service: Mapping[str, Any], plan: Mapping[str, Any]) -> Object:
    port: Object = {
        "name": "http",
        "port": service["port"],
        "targetPort": "http",
        "protocol": "TCP",
        "appProtocol": "http",
    }
    spec: Object = {"type": "ClusterIP", "selector": service_pods(service["name"]), "ports": [port]}
    expose = plan["spec"]["expose"].get(service["name"], {})
    if service["public"] and plan["provider"] == "kind":
        spec["type"] = "NodePort"
        port["nodePort"] = expose["node_port"]
    elif service["public"]:
        # Local: the audit trail shows the caller's address, not a node's.
        spec |= {"type": "LoadBalancer", "externalTrafficPolicy": "Local"}
    return _make(service, "Service", "v1", expose.get("annotations"), spec=spec)


def _flows(service: Mapping[str, Any], plan: Mapping[str, Any]) -> Object:
    """Both ways: in from those who declare that they call it, out to those whom it declares to call."""
    own = tcp(service["port"])
    callers = [other for other in plan["services"].values() if service["name"] in other["calls"]]
    ingress = [
        {"from": [pods_in(caller["namespace"], service_pods(caller["name"]))], "ports": own} for caller in callers
    ]
    if service["public"]:
        # Through a node's port or a load balancer a caller comes from outside, or from a node's address.
        outside = [ip_block("0.0.0.0/0"), *(ip_block(cidr) for cidr in plan["spec"]["cluster"]["node_cidrs"])]
        ingress.append({"from": outside, "ports": own})
    if has_component(plan, "monitoring"):
        ingress.append({"from": [scrape_peer()], "ports": own})
    callees = [plan["services"][name] for name in service["calls"]]
    egress = [
        {"to": [pods_in(callee["namespace"], service_pods(callee["name"]))], "ports": tcp(callee["port"])}
        for callee in callees
    ]
    if "database" in service:
        egress.append({"to": [pods_in(DATABASE_NAMESPACE, database_pods())], "ports": tcp(DATABASE_PORT)})
    result: Object = policy(service["name"], service["namespace"], service_pods(service["name"]), ingress, egress)[
        "spec"
    ]
    return result


def _autoscaler(service: Mapping[str, Any]) -> Object:
    scale = service["scale"]
    cpu = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": scale["target_cpu"]}},
    }
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": service["name"]},
        "minReplicas": scale["min"],
        "maxReplicas": scale["max"],
        "metrics": [cpu],
        "behavior": {
            # Half a minute of load, not a start's short burst, adds pods; one leaves at a time.
            "scaleUp": {
                "stabilizationWindowSeconds": 30,
                "policies": [{"type": "Pods", "value": 2, "periodSeconds": 30}],
            },
            "scaleDown": {
                "stabilizationWindowSeconds": 300,
                "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}],
            },
        },
    }
    return _make(service, "HorizontalPodAutoscaler", "autoscaling/v2", spec=spec)


def _disruption(service: Mapping[str, Any]) -> Object:
    return {
        "maxUnavailable": 1,
        "selector": {"matchLabels": service_pods(service["name"])},
        # A pod that is not ready protects nobody, and must not keep a node from being drained.
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
