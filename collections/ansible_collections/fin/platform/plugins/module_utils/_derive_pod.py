# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pod of a service: what its container is given, and what it may not do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._derive_common import (
    DATABASE,
    DATABASE_CA,
    DATABASE_NAMESPACE,
    DATABASE_PORT,
    PRIORITIES,
    Object,
    service_pods,
)

_USER = 10001
# Readable by the service's group, by nobody else.
_SECRET_MODE = 0o440
# A dead node's pods are replaced after 20 s; Kubernetes' default is five minutes.
_LEAVE_DEAD_NODE = 20
# Endpoints need a moment to forget a pod that is going; until then it still answers.
_DRAIN, _GRACE = 5, 40


def pod_template(service: Mapping[str, Any], plan: Mapping[str, Any], image: str, labels: Mapping[str, str]) -> Object:
    """The Deployment's template."""
    name = service["name"]
    spec: Object = {
        "serviceAccountName": name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "priorityClassName": PRIORITIES[service["zone"]],
        "terminationGracePeriodSeconds": _GRACE,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "tolerations": [
            {
                "key": f"node.kubernetes.io/{why}",
                "operator": "Exists",
                "effect": "NoExecute",
                "tolerationSeconds": _LEAVE_DEAD_NODE,
            }
            for why in ("not-ready", "unreachable")
        ],
        "topologySpreadConstraints": [
            _spread(key, name) for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
        ],
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [_apart(name)]}},
        "containers": [_container(service, plan, image)],
        "volumes": _volumes(service),
    }
    if "database" in service:
        spec["initContainers"] = [_migration(service, plan, image)]
    return {"metadata": {"labels": dict(labels)}, "spec": spec}


def _spread(key: str, name: str) -> Object:
    return {
        "topologyKey": key,
        "maxSkew": 1,
        # While a node is away its pods must find a place elsewhere.
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": service_pods(name)},
        "matchLabelKeys": ["pod-template-hash"],
    }


def _apart(name: str) -> Object:
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": service_pods(name)}}
    return {"weight": 100, "podAffinityTerm": term}


def _container(service: Mapping[str, Any], plan: Mapping[str, Any], image: str) -> Object:
    database = service.get("database")
    mounts = [_mount("tmp", "/tmp", writable=True)]
    if service["secrets"]:
        mounts.append(_mount("secrets", "/etc/platform/secrets"))
    if database:
        mounts += [_mount("database", "/etc/platform/database"), _mount("database-ca", "/etc/platform/database-ca")]
    return {
        "name": service["name"],
        "image": image,
        "env": _environment(service, plan, f"{database['name']}_app" if database else ""),
        "ports": [{"name": "http", "containerPort": service["port"], "protocol": "TCP"}],
        "resources": service["resources"],
        "securityContext": _confined(),
        "volumeMounts": mounts,
        "lifecycle": {"preStop": {"sleep": {"seconds": _DRAIN}}},
        "startupProbe": _probe("/livez", period=2, failures=60),
        "livenessProbe": _probe("/livez", period=10, failures=3),
        "readinessProbe": _probe("/readyz", period=5, failures=2),
    }


def _migration(service: Mapping[str, Any], plan: Mapping[str, Any], image: str) -> Object:
    """The same image as the database's owner; the service itself never sees that password."""
    return {
        "name": "migrate",
        "image": image,
        "command": ["python3", "-m", service["name"], "migrate"],
        "env": _environment(service, plan, service["database"]["name"]),
        "resources": service["resources"],
        "securityContext": _confined(),
        "volumeMounts": [
            _mount("tmp", "/tmp", writable=True),
            _mount("database-owner", "/etc/platform/database"),
            _mount("database-ca", "/etc/platform/database-ca"),
        ],
    }


def _environment(service: Mapping[str, Any], plan: Mapping[str, Any], user: str) -> list[Object]:
    values = {
        "SERVICE_NAME": service["name"],
        "ENVIRONMENT": plan["environment"],
        "PORT": str(service["port"]),
        "LOG_LEVEL": service["log_level"],
    }
    if user:
        values |= {
            "DATABASE_HOST": f"{DATABASE}-rw.{DATABASE_NAMESPACE}.svc",
            "DATABASE_PORT": str(DATABASE_PORT),
            "DATABASE_NAME": service["database"]["name"],
            "DATABASE_USER": user,
            "DATABASE_POOL_SIZE": str(service["database"]["connections"]),
            "DATABASE_PASSWORD_FILE": "/etc/platform/database/password",
            "DATABASE_SSLMODE": "verify-full",
            "DATABASE_SSLROOTCERT": "/etc/platform/database-ca/ca.crt",
        }
    for callee in service["calls"]:
        other = plan["services"][callee]
        values[f"{callee.upper().replace('-', '_')}_URL"] = f"http://{callee}.{other['namespace']}.svc:{other['port']}"
    return [{"name": key, "value": value} for key, value in values.items()]


def _volumes(service: Mapping[str, Any]) -> list[Object]:
    volumes: list[Object] = [{"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "16Mi"}}]
    if service["secrets"]:
        volumes.append(_secret("secrets", f"{service['name']}-secrets"))
    if "database" in service:
        name = service["database"]["name"].replace("_", "-")
        volumes += [
            _secret("database", f"db-{name}-app", "password"),
            _secret("database-owner", f"db-{name}", "password"),
            {"name": "database-ca", "configMap": {"name": DATABASE_CA}},
        ]
    return volumes


def _secret(volume: str, name: str, *keys: str) -> Object:
    items = {"items": [{"key": key, "path": key} for key in keys]} if keys else {}
    return {"name": volume, "secret": {"secretName": name, "defaultMode": _SECRET_MODE, **items}}


def _mount(name: str, path: str, writable: bool = False) -> Object:
    return {"name": name, "mountPath": path, **({} if writable else {"readOnly": True})}


def _probe(path: str, period: int, failures: int) -> Object:
    return {
        "httpGet": {"path": path, "port": "http"},
        "periodSeconds": period,
        "timeoutSeconds": 3,
        "failureThreshold": failures,
    }


def _confined() -> Object:
    return {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}
