# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an object is ready, and why not: pure functions over what the API server says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._manifests_item import group_of


@dataclass(frozen=True)
class Readiness:
    """The verdict.

    :param reason: why it is not ready
    :param final: whether waiting is of no use
    """

    ready: bool
    reason: str = ""
    final: bool = False


READY = Readiness(True)


def readiness(body: Mapping[str, Any]) -> Readiness:
    """The verdict on an object, by the rule for its kind or else by its conditions."""
    status = body.get("status") or {}
    observed = status.get("observedGeneration")
    generation = (body.get("metadata") or {}).get("generation", 0)
    if isinstance(observed, int) and observed < generation:
        return Readiness(False, "its controller has not seen the last change yet")
    rule = RULES.get((group_of(body), str(body.get("kind"))), _by_conditions)
    return rule(body.get("spec") or {}, status)


def conditions(status: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Conditions by type."""
    found = status.get("conditions")
    return {str(c.get("type")): c for c in found if isinstance(c, Mapping)} if isinstance(found, list) else {}


def said(condition: Mapping[str, Any]) -> str:
    """A condition in words."""
    text = ": ".join(str(condition[key]) for key in ("reason", "message") if condition.get(key))
    return f"{condition.get('type')}={condition.get('status')}" + (f" ({text})" if text else "")


def _by_conditions(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Readiness:
    known = conditions(status)
    for name in ("Ready", "Available"):
        if name in known:
            return READY if known[name].get("status") == "True" else Readiness(False, said(known[name]))
    return READY


def _needs(name: str) -> Callable[[Mapping[str, Any], Mapping[str, Any]], Readiness]:
    """A rule: this condition must be true."""

    def rule(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Readiness:
        condition = conditions(status).get(name)
        if condition is None:
            return Readiness(False, f"has no condition {name} yet")
        return READY if condition.get("status") == "True" else Readiness(False, said(condition))

    return rule


def _counted(count: int, wanted: int, what: str, status: Mapping[str, Any]) -> Readiness:
    bad = [said(c) for c in conditions(status).values() if _tells(c)]
    return Readiness(False, "; ".join([f"{count} of {wanted} {what}", *bad]))


def _tells(condition: Mapping[str, Any]) -> bool:
    """Whether a condition of a workload speaks of trouble."""
    bad = "True" if str(condition.get("type")).endswith("Failure") else "False"
    return condition.get("status") == bad and bool(condition.get("message"))


def _deployment(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Readiness:
    wanted = spec.get("replicas", 1)
    if "observedGeneration" not in status:
        return Readiness(False, "its controller has not seen it yet")
    progressing = conditions(status).get("Progressing", {})
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        # It may still come, so this ends no waiting; it is the best explanation when it does not.
        count = status.get("availableReplicas", 0)
        return Readiness(False, f"{count} of {wanted} replicas available; {said(progressing)}")
    for field, what in (("updatedReplicas", "replicas updated"), ("availableReplicas", "replicas available")):
        if status.get(field, 0) < wanted:
            return _counted(status.get(field, 0), wanted, what, status)
    if status.get("replicas", 0) > status.get("updatedReplicas", 0):
        return Readiness(False, f"{status['replicas'] - status.get('updatedReplicas', 0)} old replicas are still there")
    return READY


def _stateful_set(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Readiness:
    wanted = spec.get("replicas", 1)
    if "observedGeneration" not in status:
        return Readiness(False, "its controller has not seen it yet")
    if status.get("readyReplicas", 0) < wanted:
        return _counted(status.get("readyReplicas", 0), wanted, "replicas ready", status)
    strategy = spec.get("updateStrategy") or {}
    partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    updated = status.get("updatedReplicas", 0)
    rolling = strategy.get("type") != "OnDelete" and status.get("currentRevision") != status.get("updateRevision")
    if rolling and updated < wanted - partition:
        return _counted(updated, wanted - partition, "replicas updated", status)
    return READY


def _daemon_set(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Readiness:
    if "observedGeneration" not in status:
        return Readiness(False, "its controller has not seen it yet")
    wanted = status.get("desiredNumberScheduled", 0)
    rolling = (spec.get("updateStrategy") or {}).get("type") != "OnDelete"
    if rolling and status.get("updatedNumberScheduled", 0) < wanted:
        return _counted(status.get("updatedNumberScheduled", 0), wanted, "pods updated", status)
    if status.get("numberAvailable", 0) < wanted:
        return _counted(status.get("numberAvailable", 0), wanted, "pods available", status)
    return READY


def _job(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Readiness:
    known = conditions(status)
    if known.get("Failed", {}).get("status") == "True":
        return Readiness(False, said(known["Failed"]), final=True)
    if known.get("Complete", {}).get("status") == "True" or spec.get("suspend"):
        return READY
    wanted = spec.get("completions") or 1
    failed = f", {status['failed']} failed" if status.get("failed") else ""
    return Readiness(False, f"{status.get('succeeded', 0)} of {wanted} pods succeeded{failed}")


def _pod(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Readiness:
    if status.get("phase") == "Succeeded":
        return READY
    if status.get("phase") == "Failed":
        return Readiness(
            False, f"failed: {status.get('reason') or status.get('message') or 'see its containers'}", True
        )
    return _needs("Ready")(spec, status)


def _phase(wanted: str) -> Callable[[Mapping[str, Any], Mapping[str, Any]], Readiness]:
    """A rule: this phase must be reached."""

    def rule(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Readiness:
        phase = status.get("phase")
        return READY if phase == wanted else Readiness(False, f"is {phase or 'in no phase yet'}, not {wanted}")

    return rule


def _postgresql_cluster(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Readiness:
    """https://cloudnative-pg.io/documentation/current/cloudnative-pg.v1/#clusterstatus"""
    wanted = spec.get("instances", 1)
    ready = status.get("readyInstances", 0)
    if ready < wanted:
        words = [f"{ready} of {wanted} instances ready", status.get("phase"), status.get("phaseReason")]
        return Readiness(False, "; ".join(str(word) for word in words if word))
    return _needs("Ready")(spec, status)


def _postgresql_database(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Readiness:
    if status.get("applied"):
        return READY
    return Readiness(False, str(status.get("message") or "is not in the database yet"))


RULES: dict[tuple[str, str], Callable[[Mapping[str, Any], Mapping[str, Any]], Readiness]] = {
    ("", "Namespace"): _phase("Active"),
    ("", "PersistentVolumeClaim"): _phase("Bound"),
    ("", "Pod"): _pod,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _needs("Established"),
    ("apiregistration.k8s.io", "APIService"): _needs("Available"),
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
    ("postgresql.cnpg.io", "Cluster"): _postgresql_cluster,
    ("postgresql.cnpg.io", "Database"): _postgresql_database,
}
