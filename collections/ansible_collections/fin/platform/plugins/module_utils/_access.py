# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The access matrix: who may do what, and the rules that no matrix may break.

Kubernetes' RBAC only ever adds rights. So what nobody may do is refused here, before it is granted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._schema import Path, Report, closest

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
READING = ("get", "list", "watch")
BREAK_GLASS = "break_glass"
AUDITOR = "auditor"
# Zones whose pods hold card data, everybody's records, or the cluster itself.
GUARDED = ("cde", "data", "platform", "cluster")
ENTER = (
    "pods/attach",
    "pods/ephemeralcontainers",
    "pods/exec",
    "pods/portforward",
    "pods/proxy",
    "nodes/proxy",
    "services/proxy",
)
# Whoever makes a pod in a namespace can mount every Secret of that namespace into it.
MAKES_PODS = (
    "pods",
    "podtemplates",
    "replicationcontrollers",
    "daemonsets.apps",
    "deployments.apps",
    "replicasets.apps",
    "statefulsets.apps",
    "cronjobs.batch",
    "jobs.batch",
)
MAKING = ("create", "patch", "update")
# Whoever may change these gives rights to themselves.
GRANTS = (
    "certificatesigningrequests.certificates.k8s.io",
    "clusterrolebindings.rbac.authorization.k8s.io",
    "clusterroles.rbac.authorization.k8s.io",
    "rolebindings.rbac.authorization.k8s.io",
    "roles.rbac.authorization.k8s.io",
)


@dataclass(frozen=True)
class Grant:
    """One role may use these verbs on one resource in one zone (or the whole cluster); `path` is where the matrix says so."""

    role: str
    zone: str
    verbs: tuple[str, ...]
    resource: str
    path: Path


def grants(access: dict[str, Any]) -> Iterator[Grant]:
    """The matrix, one resource at a time; names of groups that do not exist are passed over."""
    for role, entry in access["roles"].items():
        for index, rule in enumerate(entry["rules"]):
            for zone in rule["zones"]:
                for group in rule["resources"]:
                    for resource in access["resources"].get(group, ()):
                        yield Grant(
                            role, zone, tuple(rule["verbs"]), resource, ("access", "roles", role, "rules", str(index))
                        )


def split(resource: str) -> tuple[str, str]:
    """A resource written as kubectl writes it: ``deployments/scale.apps`` is ``("apps", "deployments/scale")``."""
    name, _dot, group = resource.partition(".")
    return group, name


def check(access: dict[str, Any], report: Report) -> None:
    """Refuse a matrix that breaks a rule."""
    for role, entry in access["roles"].items():
        for index, rule in enumerate(entry["rules"]):
            path = ("access", "roles", role, "rules", str(index))
            for verb in rule["verbs"]:
                if verb not in VERBS:
                    hint = closest(verb, VERBS) or f"name each verb: {', '.join(VERBS)}"
                    report.add((*path, "verbs"), f"verb {verb!r} is not to be given to anybody", hint)
            for group in rule["resources"]:
                if group not in access["resources"]:
                    report.add(
                        (*path, "resources"),
                        f"there is no group of resources {group!r}",
                        closest(group, access["resources"]),
                    )
    for group, resources in access["resources"].items():
        for index, resource in enumerate(resources):
            if "*" in resource:
                report.add(
                    ("access", "resources", group, str(index)), f"{resource!r} is a wildcard", "name each resource"
                )
    seen = set()
    for grant in grants(access):
        for problem, hint in _refused(grant):
            if (grant.path, problem) not in seen:
                seen.add((grant.path, problem))
                report.add(grant.path, problem, hint)


def _refused(grant: Grant) -> Iterator[tuple[str, str]]:
    """Why a grant is not to be given, with what to do."""
    resource, where = grant.resource, f"in zone {grant.zone}" if grant.zone != "cluster" else "in the whole cluster"
    # `get pods/exec` opens a session just as `create` does, so every verb counts.
    if grant.role == BREAK_GLASS:
        return
    if resource == "secrets":
        yield f"{grant.role} would reach Secrets {where}", f"only {BREAK_GLASS} may"
    if resource == "serviceaccounts/token":
        yield f"{grant.role} would get tokens of service accounts {where}", f"only {BREAK_GLASS} may"
    if resource in ENTER and grant.zone in GUARDED:
        yield f"{grant.role} would enter pods ({resource}) {where}", f"only {BREAK_GLASS} may"
    writing = [verb for verb in grant.verbs if verb in MAKING]
    if resource in MAKES_PODS and writing and grant.zone in GUARDED:
        yield (
            f"{grant.role} could mount Secrets by writing {resource} {where}",
            "leave it to the pipeline, or to " + BREAK_GLASS,
        )
    if (resource in GRANTS or resource.partition(".")[0] == "certificatesigningrequests/approval") and set(
        grant.verbs
    ) - set(READING):
        yield f"{grant.role} could give rights to itself by changing {resource} {where}", "reading it is allowed"
    if grant.role == AUDITOR and set(grant.verbs) - set(READING):
        yield f"auditors only read, and would change {resource} {where}", f"verbs: [{', '.join(READING)}]"
