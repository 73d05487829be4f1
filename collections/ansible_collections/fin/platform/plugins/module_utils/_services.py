# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declarations of services: one ``service.yml`` each, from which everything else is derived."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._files import Declaration, read_declarations
from ansible_collections.fin.platform.plugins.module_utils._schema import (
    Choice,
    Flag,
    Items,
    Keys,
    Named,
    Number,
    Problem,
    Text,
    closest,
)
from ansible_collections.fin.platform.plugins.module_utils._spec import LOG_LEVEL, NAME, PORT, RESOURCES, SCALE, SLO

DATA_CLASSES = ("public", "internal", "personal", "cardholder")
# Who may call whom at all; within this, only declared calls. The edge is entered from outside only.
ZONE_CALLS = {
    "edge": ("application", "cde"),
    "application": ("application", "cde"),
    "cde": ("application", "cde"),
}
# The operator's own roles, and the databases that PostgreSQL or the operator make.
RESERVED_DATABASES = (
    "app",
    "cnpg_pooler_pgbouncer",
    "platform",
    "postgres",
    "streaming_replica",
    "template0",
    "template1",
)

IDENTIFIER = Text(r"[a-z][a-z0-9_]{0,58}", "a name of lower-case letters, digits and underscores")
DURATION = Text(r"[0-9]+(d|mo|y)", "a time such as 30d, 12mo or 7y")

SERVICE = Keys(
    {
        "zone": Choice(tuple(ZONE_CALLS)),
        "data_class": Choice(DATA_CLASSES),
        "port": PORT,
        "public": Flag(),
        "calls": Items(NAME),
        # `connections` is what one pod may hold open.
        "database": Keys(
            {"name": IDENTIFIER, "role": Choice(("append_only", "read_write")), "connections": Number(1, 50)},
            {"connections": 4},
        ),
        "secrets": Items(IDENTIFIER),
        "scale": Keys(SCALE),
        "resources": Keys(RESOURCES),
        "slo": Keys(SLO),
        "retention": Named(DURATION, r"[a-z_]+", "a kind of record such as logs"),
        "personal_data": Items(IDENTIFIER),
        "log_level": LOG_LEVEL,
    },
    {"public": False, "calls": [], "secrets": [], "retention": {}, "personal_data": [], "log_level": "INFO"},
    frozenset({"database"}),
)


def load(folder: Path, problems: list[Problem]) -> dict[str, Declaration]:
    """All declared services by name, each checked by itself and against the others."""
    services = read_declarations(folder, "service.yml", SERVICE, problems)
    for service in services.values():
        _check_calls(service, services)
        _check_zone(service)
        _check_retention(service)
    _check_databases(services)
    return services


def _check_calls(service: Declaration, services: dict[str, Declaration]) -> None:
    if not service.report.sound("calls", "zone"):
        return
    for index, callee in enumerate(service.data["calls"]):
        path = ("calls", str(index))
        if callee not in services:
            hint = closest(callee, services) or f"declared services: {', '.join(services)}"
            service.report.add(path, f"there is no service {callee!r}", hint)
        elif callee == service.name:
            service.report.add(path, "a service does not call itself", "remove it")
        elif services[callee].report.sound("zone"):
            zone, target = service.data["zone"], services[callee].data["zone"]
            if target not in ZONE_CALLS[zone]:
                hint = f"zone {zone} may call {', '.join(ZONE_CALLS[zone])}"
                service.report.add(path, f"{callee} is in zone {target}, which zone {zone} may not call", hint)


def _check_zone(service: Declaration) -> None:
    """What a zone may hold: the edge keeps nothing and is alone in public, card data stays in `cde`."""
    data, report = service.data, service.report
    if not report.sound("zone", "public", "data_class", "database", "personal_data", "scale"):
        return
    if data["public"] and data["zone"] != "edge":
        report.add(
            ("public",),
            f"a service of zone {data['zone']} is not reachable from outside",
            "put a service of zone edge before it",
        )
    if "database" in data and data["zone"] == "edge":
        report.add(("database",), "zone edge keeps no data", "move the data to a service of another zone")
    if data["data_class"] == "cardholder" and data["zone"] != "cde":
        report.add(("data_class",), f"card data does not belong into zone {data['zone']}", "zone: cde")
    if data["personal_data"] and data["data_class"] not in ("personal", "cardholder"):
        report.add(("personal_data",), f"is listed, but data_class is {data['data_class']}", "data_class: personal")
    if data["scale"]["min"] > data["scale"]["max"]:
        report.add(("scale", "min"), f"{data['scale']['min']} is more than max, {data['scale']['max']}")


def _check_retention(service: Declaration) -> None:
    """PCI DSS 4.0, 10.5.1: audit trails are kept for twelve months."""
    if not service.report.sound("zone", "retention") or service.data["zone"] != "cde":
        return
    stated = service.data["retention"].get("logs", "0d")
    found = re.fullmatch("([0-9]+)(d|mo|y)", stated)
    if found and int(found[1]) * {"d": 1, "mo": 30.5, "y": 366}[found[2]] < 365:
        hint = "PCI DSS 10.5.1 asks for twelve months: logs: 12mo"
        service.report.add(("retention", "logs"), f"{stated} is too short in zone cde", hint, usable=True)


def _check_databases(services: dict[str, Declaration]) -> None:
    """One owner for each database, and no role (the owner `<db>`, the runtime `<db>_app`) that means two things."""
    roles: dict[str, str] = dict.fromkeys(RESERVED_DATABASES, "PostgreSQL or its operator")
    for service in services.values():
        if "database" not in service.data or not service.report.sound("database"):
            continue
        name = service.data["database"]["name"]
        for role in (name, f"{name}_app"):
            if role in roles:
                service.report.add(
                    ("database", "name"),
                    f"{role!r} is already used by {roles[role]}",
                    "each service owns a database of its own",
                )
            else:
                roles[role] = f"service {service.name}"


def merged(service: Declaration, differences: dict[str, Any]) -> dict[str, Any]:
    """A declaration with an environment's differences laid over it, and the namespace of its zone."""
    data = {**service.data, "name": service.name, "namespace": service.data["zone"]}
    for key, value in differences.items():
        data[key] = _overlaid(data[key], value)
    return data


def _overlaid(base: Any, difference: Any) -> Any:
    if isinstance(base, dict) and isinstance(difference, dict):
        return {**base, **{key: _overlaid(base.get(key), value) for key, value in difference.items()}}
    return difference
