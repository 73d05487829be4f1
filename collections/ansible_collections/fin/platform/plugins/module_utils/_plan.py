# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The planner: from an environment, the catalogue and the services to one ordered plan. It changes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils import _catalogue, _rules, _services, _spec
from ansible_collections.fin.platform.plugins.module_utils._files import Declaration
from ansible_collections.fin.platform.plugins.module_utils._schema import Problem


class PlanError(Exception):
    """The environment cannot be planned; `problems` holds every mistake that was found."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(set(problems))
        count = f"{len(self.problems)} mistakes" if len(self.problems) > 1 else "a mistake"
        super().__init__(f"found {count}:\n" + "\n".join(f"- {problem}" for problem in self.problems))


def make(
    spec: Any, sources: Sequence[Mapping[str, Any]], catalogue_folder: Path, services_folder: Path
) -> dict[str, Any]:
    """Check everything, then plan.

    :param spec: the environment's specification, the variable `platform`
    :param sources: where its parts come from, nearest first: ``{file, data}``
    :param catalogue_folder: folder with a folder for each component
    :param services_folder: folder with a folder for each service
    :returns: the plan; its keys are documented in the module `fin.platform.plan`
    :raises PlanError: with all mistakes at once
    """
    problems: list[Problem] = []
    checked, report = _spec.check(spec, sources, problems)
    catalogue = _catalogue.load(catalogue_folder, problems)
    services = _services.load(services_folder, problems)
    chosen: dict[str, Declaration] = {}
    if report.sound("provider", "profile", "components"):
        usable = {
            name: component
            for name, component in catalogue.items()
            if component.report.sound("profile", "providers", "needs")
        }
        chosen = _catalogue.select(usable, checked)
        _catalogue.check_selection(chosen, usable, checked)
    _rules.check(checked, report, catalogue, chosen, services)
    if problems:
        raise PlanError(problems)
    return _assemble(checked, _catalogue.order(chosen), services)


def _assemble(spec: dict[str, Any], components: list[Declaration], services: dict[str, Declaration]) -> dict[str, Any]:
    releases = [_release(component, spec) for component in components]
    declared = {name: _services.merged(service, spec["services"].get(name, {})) for name, service in services.items()}
    databases = ["postgresql"] if any("database" in service for service in declared.values()) else []
    plan = {
        "environment": spec["environment"],
        "provider": spec["provider"],
        "profile": spec["profile"],
        "spec": spec,
        "releases": releases,
        "namespaces": _namespaces(spec, components, declared),
        "services": declared,
        "images": sorted({image for release in releases for image in release["images"]} | {*declared, *databases}),
        "programs": sorted(
            {release["chart"]["source"]["program"] for release in releases if "source" in release["chart"]}
        ),
    }
    plan["digest"] = digest(plan)
    plan["summary"] = summary(plan)
    return plan


def _release(component: Declaration, spec: dict[str, Any]) -> dict[str, Any]:
    data, folder = component.data, component.folder
    values = [folder / "values.yml", folder / f"values.{spec['provider']}.yml"]
    namespace = data["namespace"]["name"]
    return {
        "name": component.name,
        "namespace": namespace,
        "chart": data["chart"],
        "needs": data["needs"],
        "images": data["images"],
        "ready": [{"namespace": namespace, **ready} for ready in data["ready"]],
        "network": data["network"],
        "values_files": [str(file) for file in values if file.is_file()],
        "manifests": [str(file) for file in sorted(folder.glob("manifests/*.yml"))],
        "values": dict(spec["components"].get(component.name, {}).get("values", {})),
    }


def _namespaces(spec: dict[str, Any], components: list[Declaration], services: dict[str, Any]) -> list[dict[str, Any]]:
    """The environment's own namespaces in the order of the zones, then the components'."""
    common = spec["component_namespaces"]
    found: dict[str, dict[str, Any]] = {}
    for name, entry in sorted(
        spec["namespaces"].items(), key=lambda item: (_spec.ZONES.index(item[1]["zone"]), item[0])
    ):
        found[name] = {"limits": common["limits"], **entry, "name": name, "existing": False}
    for component in components:
        entry = component.data["namespace"]
        found.setdefault(entry["name"], {**common, "zone": "platform", "network": [], **entry})
    for name, namespace in found.items():
        namespace["public_services"] = sum(
            1 for service in services.values() if service["namespace"] == name and service["public"]
        )
    return list(found.values())


def digest(plan: Mapping[str, Any]) -> str:
    """SHA-256 over what is wanted, the same on every machine: files count by their content, not by where they lie."""
    spec = {
        **plan["spec"],
        "cluster": {key: value for key, value in plan["spec"]["cluster"].items() if key != "kubeconfig"},
    }
    releases = [
        {**release, **{key: [_content(file) for file in release[key]] for key in ("values_files", "manifests")}}
        for release in plan["releases"]
    ]
    text = json.dumps(
        {**plan, "spec": spec, "releases": releases}, sort_keys=True, separators=(",", ":"), ensure_ascii=True
    )
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _content(file: str) -> list[str]:
    return [Path(file).name, hashlib.sha256(Path(file).read_bytes()).hexdigest()]


def summary(plan: Mapping[str, Any]) -> list[str]:
    """The plan for a person, a line each."""
    lines = [
        f"environment {plan['environment']} on {plan['provider']}, profile {plan['profile']}, plan {plan['digest'][7:19]}"
    ]
    for number, release in enumerate(plan["releases"], 1):
        chart = release["chart"]
        needs = f", after {', '.join(release['needs'])}" if release["needs"] else ""
        digest_known = chart.get("digest", f"digest unknown: {chart.get('digest_unknown')}")[
            : 19 if "digest" in chart else None
        ]
        lines.append(
            f"{number}. {release['name']} {chart['version']} in {release['namespace']}{needs} ({digest_known})"
        )
    for name, service in plan["services"].items():
        calls = f", calls {', '.join(service['calls'])}" if service["calls"] else ""
        database = f", database {service['database']['name']}" if "database" in service else ""
        lines.append(
            f"service {name} in {service['namespace']}, {service['scale']['min']} to {service['scale']['max']} pods{calls}{database}"
        )
    return lines
