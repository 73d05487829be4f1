# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules between the specification, the catalogue and the services."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils import _access, _quantity
from ansible_collections.fin.platform.plugins.module_utils._files import Declaration
from ansible_collections.fin.platform.plugins.module_utils._schema import Path, Report, closest
from ansible_collections.fin.platform.plugins.module_utils._services import merged

# For the operator, replication and a person who looks after it.
RESERVED_CONNECTIONS = 15
PEERS = ("api_server", "internet")


def check(
    spec: dict[str, Any],
    report: Report,
    catalogue: dict[str, Declaration],
    chosen: dict[str, Declaration],
    services: dict[str, Declaration],
) -> None:
    """Add to the reports what is wrong between the three; sections that are malformed have been reported already."""
    if report.sound("access"):
        _access.check(spec["access"], report)
    if report.sound("components"):
        for name in spec["components"]:
            if name not in catalogue:
                report.add(("components", name), f"there is no component {name!r}", closest(name, catalogue))
    if report.sound("services"):
        _check_differences(spec, report, services)
    if report.sound("namespaces"):
        _check_namespaces(spec, report, chosen, services)
    if report.sound("expose", "cluster", "provider"):
        _check_ports(spec, report, chosen, services)
    if report.sound("namespaces", "services", "database"):
        _check_quotas(spec, report, services)
        _check_connections(spec, report, services)
        _check_buffers(spec, report)


def _check_differences(spec: dict[str, Any], report: Report, services: dict[str, Declaration]) -> None:
    for name, differences in spec["services"].items():
        if name not in services:
            report.add(
                ("services", name),
                f"there is no service {name!r}",
                closest(name, services) or f"declared services: {', '.join(services)}",
            )
        elif services[name].report.sound("scale") and "scale" in differences:
            scale = merged(services[name], differences)["scale"]
            if scale["min"] > scale["max"]:
                report.add(
                    ("services", name, "scale"), f"min {scale['min']} is more than max {scale['max']}", "state both"
                )


def _check_namespaces(
    spec: dict[str, Any], report: Report, chosen: dict[str, Declaration], services: dict[str, Declaration]
) -> None:
    declared = spec["namespaces"]
    for service in services.values():
        if not service.report.sound("zone"):
            continue
        zone = service.data["zone"]
        if zone not in declared:
            hint = (
                closest(zone, declared)
                or f"declare namespaces.{zone} in the environment, or use one of {', '.join(sorted(declared))}"
            )
            service.report.add(("zone",), f"namespace {zone!r} is not declared", hint)
        elif declared[zone]["zone"] != zone:
            report.add(
                ("namespaces", zone, "zone"),
                f"is {declared[zone]['zone']}, but services of zone {zone} live here",
                f"zone: {zone}",
            )
    if "data" not in declared and any("database" in service.data for service in services.values()):
        report.add(("namespaces", "data"), "is not declared, but services have databases", "declare it with zone: data")
    levels: dict[str, tuple[str, str]] = {
        name: (entry["pod_security"], "the environment") for name, entry in declared.items()
    }
    for component in chosen.values():
        if not component.report.sound("namespace"):
            continue
        namespace = component.data["namespace"]
        level, owner = levels.setdefault(namespace["name"], (namespace["pod_security"], f"component {component.name}"))
        if level != namespace["pod_security"]:
            component.report.add(
                ("namespace", "pod_security"),
                f"{namespace['name']} would be {namespace['pod_security']}, but {owner} has it {level}",
                "one namespace has one level",
            )
    _check_peers(spec, report, chosen, set(levels))


def _check_peers(spec: dict[str, Any], report: Report, chosen: dict[str, Declaration], namespaces: set[str]) -> None:
    places: list[tuple[Report, Path, list[dict[str, Any]]]] = [
        (report, ("namespaces", name, "network"), entry["network"]) for name, entry in spec["namespaces"].items()
    ]
    places += [(c.report, ("network",), c.data["network"]) for c in chosen.values() if c.report.sound("network")]
    for where, path, entries in places:
        for index, entry in enumerate(entries):
            for direction in ("ingress", "egress"):
                for number, flow in enumerate(entry[direction]):
                    key = (*path, str(index), direction, str(number), "peer")
                    if not flow["ports"] and (flow["peer"], direction) != ("api_server", "egress"):
                        where.add(
                            (*key[:-1], "ports"),
                            "is missing",
                            "a flow names its ports; only the API server's are known",
                        )
                    if flow["peer"] not in namespaces and flow["peer"] not in PEERS:
                        hint = closest(flow["peer"], [*namespaces, *PEERS])
                        where.add(
                            key, f"namespace {flow['peer']!r} is not declared", hint or f"or one of {', '.join(PEERS)}"
                        )
                    elif flow["peer"] == "internet" and direction == "ingress":
                        where.add(
                            key,
                            "the internet enters through a public service only",
                            "public: true in a service of zone edge",
                        )


def _check_ports(
    spec: dict[str, Any], report: Report, chosen: dict[str, Declaration], services: dict[str, Declaration]
) -> None:
    """A port of a node, or of the machine that kind runs on, belongs to one thing."""
    local = spec["provider"] == "kind"
    cluster, expose = spec["cluster"], spec["expose"]
    machine = {cluster["api_port"]: "cluster.api_port"} if local and "api_port" in cluster else {}
    registry = re.fullmatch("localhost:([0-9]+)", cluster.get("registry", ""))
    if local and registry:
        _take(machine, int(registry[1]), "cluster.registry", report, ("cluster", "registry"))
    nodes: dict[int, str] = {}
    for component in chosen.values():
        for index, port in enumerate(component.data.get("host_ports", [])):
            _take(nodes, port, f"component {component.name}", component.report, ("host_ports", str(index)))
    for name, entry in expose.items():
        if name not in services:
            report.add(("expose", name), f"there is no service {name!r}", closest(name, services))
        elif not services[name].data.get("public"):
            report.add(
                ("expose", name),
                f"service {name} is not public",
                "only services of zone edge with public: true are exposed",
            )
        for key, taken in (("node_port", nodes), ("host_port", machine)):
            path = ("expose", name, key)
            if key in entry and not local and key == "host_port":
                report.add(path, f"means nothing to provider {spec['provider']}", "it belongs to provider kind")
            elif key in entry:
                _take(taken, entry[key], f"expose.{name}.{key}", report, path)
            elif local:
                report.add(path, "is missing, and provider kind needs it")
    for service in services.values():
        if local and service.data.get("public") is True and service.name not in expose:
            report.add(
                ("expose", service.name),
                "is missing",
                f"service {service.name} is public: state its node_port and host_port",
            )


def _take(taken: dict[int, str], port: int, owner: str, report: Report, path: Path) -> None:
    if port in taken:
        report.add(path, f"port {port} is already used by {taken[port]}", "choose another")
    else:
        taken[port] = owner


def _check_quotas(spec: dict[str, Any], report: Report, services: dict[str, Declaration]) -> None:
    """A quota must hold what its namespace may grow to, or scaling out and rolling updates stop halfway."""
    for name, namespace in spec["namespaces"].items():
        used = demand(name, spec, services)
        for key, amount in used.items():
            limit = (
                Decimal(namespace["quota"][key])
                if key in ("pods", "volumes")
                else _quantity.parse(namespace["quota"][key])
            )
            if amount > limit:
                wanted = (
                    str(amount)
                    if key in ("pods", "volumes")
                    else _quantity.cores(amount)
                    if key == "cpu"
                    else _quantity.mebibytes(amount)
                )
                report.add(
                    ("namespaces", name, "quota", key),
                    f"{namespace['quota'][key]} is too little",
                    f"its pods need {wanted} at their largest scale",
                )


def _check_connections(spec: dict[str, Any], report: Report, services: dict[str, Declaration]) -> None:
    """PostgreSQL must have a connection for every pod of the largest scale, or scaling out makes services fail."""
    wanted = RESERVED_CONNECTIONS
    for service in services.values():
        if "database" in service.data and service.report.sound("scale", "database"):
            scale = merged(service, spec["services"].get(service.name, {}))["scale"]
            wanted += (scale["max"] + 1) * service.data["database"]["connections"]
    stated = spec["database"]["parameters"].get("max_connections", "100")
    if not stated.isdecimal() or int(stated) < wanted:
        path = ("database", "parameters", "max_connections")
        report.add(path, f"{stated} is too little", f"services open up to {wanted} connections at their largest scale")


def _check_buffers(spec: dict[str, Any], report: Report) -> None:
    """The operator refuses buffers that the requested memory does not hold, but only once it is asked."""
    database = spec["database"]
    found = re.fullmatch("([0-9]+)(k|M|G)B", database["parameters"].get("shared_buffers", "128MB"))
    memory = database["resources"]["requests"].get("memory")
    if found and memory and _quantity.parse(f"{found[1]}{found[2].upper()}i") > _quantity.parse(memory):
        path = ("database", "parameters", "shared_buffers")
        report.add(path, f"{found[0]} are more than the {memory} that an instance requests", "about a quarter of it")


def demand(namespace: str, spec: dict[str, Any], services: dict[str, Declaration]) -> dict[str, Decimal]:
    """What the pods of a namespace may need together: every service at its largest scale and one more pod each for an update."""
    total = {key: Decimal(0) for key in ("cpu", "memory", "memory_limit", "pods", "storage", "volumes")}
    sets: list[tuple[int, dict[str, Any]]] = []
    for service in services.values():
        if service.data.get("zone") == namespace and service.report.sound("scale", "resources"):
            data = merged(service, spec["services"].get(service.name, {}))
            sets.append((data["scale"]["max"] + 1, data["resources"]))
    if namespace == "data" and any("database" in service.data for service in services.values()):
        database = spec["database"]
        # One more: the job that makes a new instance.
        sets.append((database["instances"] + 1, database["resources"]))
        total["storage"] = database["instances"] * _quantity.parse(database["storage"]["size"])
        total["volumes"] = Decimal(database["instances"])
    for count, resources in sets:
        requests, limits = resources["requests"], resources["limits"]
        total["pods"] += count
        total["cpu"] += count * _quantity.parse(requests.get("cpu", "0"))
        total["memory"] += count * _quantity.parse(requests.get("memory", "0"))
        total["memory_limit"] += count * _quantity.parse(limits.get("memory", "0"))
    return total
