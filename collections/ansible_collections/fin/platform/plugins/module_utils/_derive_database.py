# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PostgreSQL: one cluster of instances, with a database, an owner and a runtime role for each service that keeps data."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._derive_common import (
    DATABASE,
    DATABASE_CA,
    DATABASE_NAMESPACE,
    PART_OF,
    PART_OF_LABEL,
    PRIORITIES,
    ZONE_LABEL,
    Object,
    database_pods,
    manifest,
    with_database,
)
from ansible_collections.fin.platform.plugins.module_utils._services import DATA_CLASSES

_API = "postgresql.cnpg.io/v1"
# Who connects, who fails to, and every change of a table is in the log; statements with their values are not.
_PARAMETERS = {
    "password_encryption": "scram-sha-256",
    "log_connections": "on",
    "log_disconnections": "on",
    "log_statement": "ddl",
    "log_lock_waits": "on",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "idle_in_transaction_session_timeout": "60s",
}


def database_objects(plan: Mapping[str, Any], images: Mapping[str, Mapping[str, str]]) -> list[Object]:
    """The cluster and its databases; nothing where no service keeps data.

    :param images: must hold `postgresql` with its `ref`
    :raises KeyError: the image was not provided
    """
    services = with_database(plan)
    if not services:
        return []
    objects = [_cluster(plan, services, images["postgresql"]["ref"])]
    for service in services:
        name = service["database"]["name"]
        spec = {
            "cluster": {"name": DATABASE},
            "name": name,
            "owner": name,
            "ensure": "present",
            "databaseReclaimPolicy": "retain",
        }
        objects.append(_make("Database", name.replace("_", "-"), spec, service["data_class"]))
    return objects


def database_ca_objects(plan: Mapping[str, Any], secret: Mapping[str, Any] | None) -> list[Object]:
    """The certificate by which services know the database, in each of their namespaces.

    The operator keeps it in a Secret of its own namespace beside the key; only the certificate, which is public, leaves it.

    :param secret: the Secret `platform-db-ca` as read from the cluster; before there is one, as in a first check, nothing is made
    """
    certificate = ((secret or {}).get("data") or {}).get("ca.crt")
    if not certificate:
        return []
    data = {"ca.crt": base64.b64decode(certificate).decode()}
    namespaces = sorted({service["namespace"] for service in with_database(plan)})
    return [manifest("ConfigMap", "v1", DATABASE_CA, namespace, data=data) for namespace in namespaces]


def secret_requests(plan: Mapping[str, Any]) -> list[Object]:
    """The secrets that are made once, at random, in the cluster: for `fin.platform.generated_secrets`.

    A password is in the database's namespace, where the operator gives it to the role, and in that of its one service.
    """
    requests: list[Object] = []
    for service in plan["services"].values():
        if service["secrets"]:
            requests.append(
                _request(f"{service['name']}-secrets", [service["namespace"]], "Opaque", {}, service["secrets"])
            )
        if "database" in service:
            owner = service["database"]["name"]
            for role in (owner, f"{owner}_app"):
                namespaces = [DATABASE_NAMESPACE, service["namespace"]]
                requests.append(
                    _request(
                        password_secret(role), namespaces, "kubernetes.io/basic-auth", {"username": role}, ["password"]
                    )
                )
    return requests


def password_secret(role: str) -> str:
    """The Secret that holds the password of a role."""
    return f"db-{role.replace('_', '-')}"


def _request(name: str, namespaces: list[str], kind: str, data: dict[str, str], generate: list[str]) -> Object:
    labels = {PART_OF_LABEL: PART_OF, "app.kubernetes.io/managed-by": "fin.platform"}
    if kind != "Opaque":
        # The operator takes a changed password over by itself.
        labels["cnpg.io/reload"] = "true"
    return {
        "name": name,
        "namespaces": namespaces,
        "type": kind,
        "data": data,
        "generate": list(generate),
        "labels": labels,
    }


def _make(kind: str, name: str, spec: Object, data_class: str) -> Object:
    labels = {ZONE_LABEL: "data", "fin.platform/data-class": data_class}
    return manifest(kind, _API, name, DATABASE_NAMESPACE, labels, spec=spec)


def _cluster(plan: Mapping[str, Any], services: list[dict[str, Any]], image: str) -> Object:
    wanted = plan["spec"]["database"]
    storage = {"size": wanted["storage"]["size"]}
    if "class" in wanted["storage"]:
        storage["storageClass"] = wanted["storage"]["class"]
    spec: Object = {
        "description": "All databases of the bank's services",
        "instances": wanted["instances"],
        "imageName": image,
        "priorityClassName": PRIORITIES["data"],
        # PostgreSQL needs no superuser from outside; the operator works inside the pods.
        "enableSuperuserAccess": False,
        "enablePDB": wanted["instances"] > 1,
        "bootstrap": {"initdb": {"database": "platform", "owner": "platform", "dataChecksums": True}},
        "storage": storage,
        "resources": wanted["resources"],
        "affinity": _affinity(),
        "topologySpreadConstraints": [_spread()],
        "primaryUpdateStrategy": "unsupervised",
        "startDelay": 600,
        "stopDelay": 90,
        "smartShutdownTimeout": 15,
        "switchoverDelay": 60,
        "primaryLease": {
            "leaseDurationSeconds": wanted["lease_seconds"],
            "renewDeadlineSeconds": wanted["lease_seconds"] * 2 // 3,
        },
        # A slow answer of the API server is not yet isolation, for which a primary would be stopped.
        "probes": {
            "liveness": {"isolationCheck": {"enabled": True, "requestTimeout": 3000, "connectionTimeout": 3000}}
        },
        "postgresql": _postgresql(wanted, services),
        "managed": {
            "roles": [_role(role) for s in services for role in (s["database"]["name"], f"{s['database']['name']}_app")]
        },
    }
    strictest = max((service["data_class"] for service in services), key=DATA_CLASSES.index)
    return _make("Cluster", DATABASE, spec, strictest)


def _postgresql(wanted: Mapping[str, Any], services: list[dict[str, Any]]) -> Object:
    settings: Object = {"parameters": {**_PARAMETERS, **wanted["parameters"]}, "pg_hba": _pg_hba(services)}
    if wanted["instances"] > 1:
        # A payment counts as posted once a second instance has it on disk; only an instance that has it may become primary.
        settings["synchronous"] = {"method": "any", "number": 1, "dataDurability": "required", "failoverQuorum": True}
    return settings


def _pg_hba(services: list[dict[str, Any]]) -> list[str]:
    """Each role reaches its own database only, by TLS and password; whoever else knocks is refused."""
    rules = []
    for service in services:
        name = service["database"]["name"]
        rules.append(f"hostssl {name} {name},{name}_app all scram-sha-256")
    return [*rules, "host all all all reject"]


def _role(name: str) -> Object:
    return {
        "name": name,
        "ensure": "present",
        "login": True,
        "inherit": True,
        "passwordSecret": {"name": password_secret(name)},
    }


def _affinity() -> Object:
    tolerations = [
        {"key": f"node.kubernetes.io/{why}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 20}
        for why in ("not-ready", "unreachable")
    ]
    return {
        "enablePodAntiAffinity": True,
        "podAntiAffinityType": "preferred",
        "topologyKey": "kubernetes.io/hostname",
        "tolerations": tolerations,
    }


def _spread() -> Object:
    return {
        "topologyKey": "topology.kubernetes.io/zone",
        "maxSkew": 1,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": database_pods()},
    }
