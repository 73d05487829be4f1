# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The specification of an environment: what may be written in the variable `platform`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils import _quantity
from ansible_collections.fin.platform.plugins.module_utils._schema import (
    Anything,
    Choice,
    Flag,
    Items,
    Keys,
    Named,
    Network,
    Number,
    Path,
    Problem,
    Report,
    Text,
)

ZONES = ("edge", "application", "cde", "data", "platform")
PROVIDERS = ("eks", "existing", "kind")
PROFILES = ("core", "full")
POD_SECURITY = ("restricted", "baseline", "privileged")

NAME = Text(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", "a name of lower-case letters, digits and hyphens")
AMOUNT = Text(_quantity.PATTERN, _quantity.MEANING)
PORT = Number(1, 65535)
FILE = Text(r".+", "the path of a file")

SCALE = {"min": Number(2, 100), "max": Number(2, 500), "target_cpu": Number(10, 95)}
AMOUNTS = Keys({"cpu": AMOUNT, "memory": AMOUNT}, optional=frozenset({"cpu", "memory"}))
RESOURCES = {"requests": AMOUNTS, "limits": AMOUNTS}
SLO = {"availability": Number(90, 99.999, whole=False), "p99_ms": Number(1, 60000)}
LOG_LEVEL = Choice(("DEBUG", "INFO", "WARNING", "ERROR"))

LABELS = Named(Text(), r"[A-Za-z0-9./_-]+", "a label")
# `peer` is a namespace, or api_server, or internet (egress only: everything but private networks and the metadata address).
FLOW = Keys(
    {"peer": Text(r"[a-z][a-z0-9_-]*", "a namespace, api_server or internet"), "pods": LABELS, "ports": Items(PORT)},
    {"pods": {}, "ports": []},
)
NETWORK = Keys(
    {"pods": LABELS, "ingress": Items(FLOW), "egress": Items(FLOW)}, {"pods": {}, "ingress": [], "egress": []}
)

QUOTA = Keys(
    {
        "cpu": AMOUNT,
        "memory": AMOUNT,
        "memory_limit": AMOUNT,
        "pods": Number(1, 5000),
        "storage": AMOUNT,
        "volumes": Number(0, 1000),
    },
    {"storage": "0", "volumes": 0},
)
LIMITS = Keys({"default": AMOUNTS, "request": AMOUNTS, "max": AMOUNTS}, optional=frozenset({"max"}))
NAMESPACE = Keys(
    {
        "zone": Choice(ZONES),
        "pod_security": Choice(POD_SECURITY),
        "reason": Text(),
        "quota": QUOTA,
        "limits": LIMITS,
        "network": Items(NETWORK),
    },
    {"pod_security": "restricted", "network": []},
    frozenset({"reason", "limits"}),
)

CLUSTER = Keys(
    {
        "name": NAME,
        "kubernetes": Text(r"v1\.[0-9]{2}\.[0-9]{1,2}", "a version such as v1.36.3"),
        "zones": Items(NAME, 1),
        "workers": Number(1, 100),
        "kubeconfig": FILE,
        "context": Text(),
        "api_port": PORT,
        "registry": Text(
            r"[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._/-]+)?", "a registry such as localhost:5001 or registry.example.org/bank"
        ),
        "node_cidrs": Items(Network(), 1),
        "region": Text(r"[a-z]{2}(-[a-z]+)+-[0-9]", "a region such as eu-central-1"),
    },
    optional=frozenset({"context", "api_port", "registry", "region"}),
)
DATABASE = Keys(
    {
        "instances": Number(1, 9),
        "storage": Keys({"size": AMOUNT, "class": NAME}, optional=frozenset({"class"})),
        "resources": Keys(RESOURCES),
        "parameters": Named(Text(), r"[a-z_.]+", "the name of a PostgreSQL parameter"),
        # How long a primary that is not heard of stays the primary: the shorter, the sooner another one takes over.
        "lease_seconds": Number(10, 120),
    },
    {"parameters": {}, "lease_seconds": 15},
)
SERVICE = Keys(
    {
        "scale": Keys(SCALE, optional=frozenset(SCALE)),
        "resources": Keys(RESOURCES, optional=frozenset(RESOURCES)),
        "slo": Keys(SLO, optional=frozenset(SLO)),
        "log_level": LOG_LEVEL,
    },
    optional=frozenset({"scale", "resources", "slo", "log_level"}),
)
EXPOSE = Keys(
    {
        "node_port": Number(30000, 32767),
        "host_port": PORT,
        "annotations": Named(Text(), r"[A-Za-z0-9./_-]+", "an annotation"),
    },
    {"annotations": {}},
    frozenset({"node_port", "host_port"}),
)
ROLE = Keys(
    {
        "description": Text(),
        "groups": Items(Text(r"fin:[a-z-]+", "a group such as fin:viewer"), 1),
        "rules": Items(
            Keys(
                {
                    "zones": Items(Choice((*ZONES, "cluster")), 1),
                    "verbs": Items(Text(), 1),
                    "resources": Items(NAME, 1),
                }
            ),
            1,
        ),
    }
)
ACCESS = Keys(
    {
        "resources": Named(Items(Text(), 1)),
        "roles": Named(ROLE, r"[a-z_]+", "a role such as release_manager"),
    }
)
SPEC = Keys(
    {
        "environment": NAME,
        "provider": Choice(PROVIDERS),
        "profile": Choice(PROFILES),
        "images": Choice(("auto", "pull", "build")),
        "cluster": CLUSTER,
        "components": Named(
            Keys({"enabled": Flag(), "values": Anything(mapping=True)}, {"values": {}}, frozenset({"enabled"}))
        ),
        "services": Named(SERVICE),
        "namespaces": Named(NAMESPACE),
        "component_namespaces": Keys({"quota": QUOTA, "limits": LIMITS}),
        "access": ACCESS,
        "database": DATABASE,
        "expose": Named(EXPOSE),
    },
    {"components": {}, "services": {}, "expose": {}},
)
# What only one provider has a use for, and cannot do without.
BY_PROVIDER: dict[str, tuple[Path, ...]] = {
    "kind": (("cluster", "api_port"),),
    "eks": (("cluster", "region"),),
    "existing": (),
}


def check(spec: Any, sources: Sequence[Mapping[str, Any]], problems: list[Problem]) -> tuple[dict[str, Any], Report]:
    """Check a specification by itself.

    :param sources: where its parts come from, nearest first: ``{file, data}``, to name the file of a mistake
    :returns: the specification with its defaults, and the report that further rules add their findings to
    """
    report = Report(problems, lambda path: locate(path, sources))
    checked = SPEC.check(spec, (), report)
    provider = checked.get("provider")
    for owner, paths in BY_PROVIDER.items():
        for path in paths:
            present = path[-1] in (checked.get(path[0]) or {})
            if owner == provider and not present:
                report.add(path, f"is missing, and provider {provider} needs it", usable=True)
            elif owner != provider and present and provider in BY_PROVIDER:
                hint = f"it belongs to provider {owner}"
                report.add(path, f"means nothing to provider {provider}", hint, usable=True)
    for name, namespace in (checked.get("namespaces") or {}).items():
        if namespace.get("pod_security") != "restricted" and not namespace.get("reason"):
            report.add(("namespaces", name, "reason"), "is missing", "say why this namespace cannot be restricted")
    return checked, report


def locate(path: Path, sources: Sequence[Mapping[str, Any]]) -> str:
    """The file that states a key: the source that holds most of its path, the nearest one where several do."""
    best, depth = str(sources[0]["file"]) if sources else "platform", -1
    for source in sources:
        found = _depth(source.get("data"), path)
        if found > depth:
            best, depth = str(source["file"]), found
    return best


def _depth(data: Any, path: Path) -> int:
    for depth, part in enumerate(path):
        if isinstance(data, Mapping) and part in data:
            data = data[part]
        elif isinstance(data, list) and re.fullmatch("[0-9]+", part) and int(part) < len(data):
            data = data[int(part)]
        else:
            return depth
    return len(path)
