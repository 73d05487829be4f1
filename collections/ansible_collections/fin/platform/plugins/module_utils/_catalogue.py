# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue of components: a folder of data for each third-party product on the cluster."""

from __future__ import annotations

import heapq
from pathlib import Path
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._files import Declaration, read_declarations
from ansible_collections.fin.platform.plugins.module_utils._schema import (
    Choice,
    Flag,
    Items,
    Keys,
    Problem,
    Text,
    closest,
)
from ansible_collections.fin.platform.plugins.module_utils._spec import (
    NAME,
    NETWORK,
    POD_SECURITY,
    PORT,
    PROFILES,
    PROVIDERS,
)

CHART = Keys(
    {
        "repository": Text(r"(https|oci)://.+", "an address that begins with https:// or oci://"),
        "name": NAME,
        "version": Text(r"v?[0-9]+\.[0-9]+\.[0-9]+.*", "an exact version; quote it, so that it is text"),
        "digest": Text(r"sha256:[0-9a-f]{64}", "sha256: and 64 hexadecimal digits"),
        "digest_unknown": Text(),
        "source": Keys({"program": Text(r"[a-z0-9-]+/[a-z0-9-]+", "group/chart")}),
    },
    optional=frozenset({"digest", "digest_unknown", "source"}),
)
COMPONENT = Keys(
    {
        "chart": CHART,
        "namespace": Keys(
            {"name": NAME, "pod_security": Choice(POD_SECURITY), "reason": Text(), "existing": Flag()},
            {"pod_security": "restricted", "existing": False},
            frozenset({"reason"}),
        ),
        "needs": Items(NAME),
        "profile": Choice(PROFILES),
        "providers": Items(Choice(PROVIDERS), 1),
        "images": Items(NAME),
        "ready": Items(
            Keys(
                {"kind": Text(r"[A-Z][A-Za-z]+", "a kind such as Deployment"), "name": Text(), "namespace": NAME},
                optional=frozenset({"namespace"}),
            ),
            1,
        ),
        "host_ports": Items(PORT),
        "network": Items(NETWORK),
    },
    {"needs": [], "profile": "core", "providers": list(PROVIDERS), "images": [], "host_ports": [], "network": []},
)


def load(folder: Path, problems: list[Problem]) -> dict[str, Declaration]:
    """All components by name, each checked by itself and against the others."""
    catalogue = read_declarations(folder, "component.yml", COMPONENT, problems)
    for component in catalogue.values():
        _check(component, catalogue)
    _check_cycles(catalogue)
    return catalogue


def _check(component: Declaration, catalogue: dict[str, Declaration]) -> None:
    data, report = component.data, component.report
    if report.sound("chart") and ("digest" in data["chart"]) == ("digest_unknown" in data["chart"]):
        report.add(("chart", "digest"), "state either the digest of the chart or digest_unknown with the reason")
    if (
        report.sound("namespace")
        and data["namespace"]["pod_security"] != "restricted"
        and not data["namespace"].get("reason")
    ):
        report.add(("namespace", "reason"), "is missing", "say why this namespace cannot be restricted")
    if not (component.folder / "values.yml").is_file():
        report.add(("values.yml",), "the component has no such file beside it", "an empty mapping will do: {}")
    for index, need in enumerate(data["needs"] if report.sound("needs") else []):
        if need not in catalogue:
            hint = closest(need, catalogue) or f"components: {', '.join(catalogue)}"
            report.add(("needs", str(index)), f"there is no component {need!r}", hint)


def _check_cycles(catalogue: dict[str, Declaration]) -> None:
    """Every circle of needs is reported once, at the first component of it by name."""
    needs = {name: _needs(component) for name, component in catalogue.items()}
    reported: set[frozenset[str]] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        if name in trail:
            found = trail[trail.index(name) :]
            start = found.index(min(found))
            circle = (*found[start:], *found[:start])
            if frozenset(circle) not in reported:
                reported.add(frozenset(circle))
                first = catalogue[circle[0]]
                first.report.add(
                    ("needs",), f"goes in a circle: {' -> '.join((*circle, circle[0]))}", "remove one of these needs"
                )
        else:
            for need in needs.get(name, []):
                walk(need, (*trail, name))

    for name in sorted(needs):
        if not any(name in circle for circle in reported):
            walk(name, ())


def _needs(component: Declaration) -> list[str]:
    return list(component.data["needs"]) if component.report.sound("needs") else []


def select(catalogue: dict[str, Declaration], spec: dict[str, Any]) -> dict[str, Declaration]:
    """The components of this environment: what its provider can use, in its profile, with its own switches."""
    chosen = {}
    for name, component in catalogue.items():
        data = component.data
        if spec["provider"] not in data["providers"]:
            continue
        by_profile = spec["profile"] == "full" or data["profile"] == "core"
        if spec["components"].get(name, {}).get("enabled", by_profile):
            chosen[name] = component
    return chosen


def check_selection(chosen: dict[str, Declaration], catalogue: dict[str, Declaration], spec: dict[str, Any]) -> None:
    """Refuse what is chosen without what it needs; what the provider does not want, it brings itself."""
    for component in chosen.values():
        for index, need in enumerate(component.data["needs"]):
            if (
                need in chosen
                or need not in catalogue
                or spec["provider"] not in catalogue[need].data.get("providers", PROVIDERS)
            ):
                continue
            switched_off = spec["components"].get(need, {}).get("enabled") is False
            why = "the environment switches off" if switched_off else f"profile {spec['profile']} does not hold"
            hint = f"enable components.{need}, or disable components.{component.name}"
            component.report.add(("needs", str(index)), f"{component.name} needs {need}, which {why}", hint)


def order(chosen: dict[str, Declaration]) -> list[Declaration]:
    """The components after all that they need; by name where needs leave a choice.

    :raises ValueError: the needs go in a circle, which `load` reports first
    """
    waiting = {name: {need for need in component.data["needs"] if need in chosen} for name, component in chosen.items()}
    ready = sorted(name for name, needs in waiting.items() if not needs)
    ordered = []
    while ready:
        name = heapq.heappop(ready)
        ordered.append(chosen[name])
        for other, needs in waiting.items():
            if name in needs:
                needs.discard(name)
                if not needs:
                    heapq.heappush(ready, other)
    if len(ordered) != len(chosen):
        raise ValueError("the components' needs go in a circle")
    return ordered
