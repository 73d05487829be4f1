# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Readiness of every kind that has a rule, and of those that have none."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.fin.platform.plugins.module_utils._manifests_ready import readiness

SEEN = {"observedGeneration": 2}
FULL = {**SEEN, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}


def condition(name: str, status: str, **more: str) -> dict[str, Any]:
    return {"conditions": [{"type": name, "status": status, **more}]}


def verdict(api_version: str, kind: str, status: dict[str, Any], **spec: Any) -> tuple[bool, str]:
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"generation": 2}, "spec": spec, "status": status}
    found = readiness(body)
    return found.ready, found.reason


@pytest.mark.parametrize(
    ("api_version", "kind", "spec", "status"),
    [
        ("apps/v1", "Deployment", {"replicas": 2}, FULL),
        ("apps/v1", "Deployment", {"replicas": 0}, SEEN),
        (
            "apps/v1",
            "StatefulSet",
            {"replicas": 1},
            {**SEEN, "readyReplicas": 1, "currentRevision": "a", "updateRevision": "a"},
        ),
        (
            "apps/v1",
            "DaemonSet",
            {},
            {**SEEN, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2},
        ),
        ("apps/v1", "DaemonSet", {}, {**SEEN, "desiredNumberScheduled": 0}),
        ("batch/v1", "Job", {}, condition("Complete", "True")),
        ("batch/v1", "Job", {"suspend": True}, {}),
        ("v1", "Pod", {}, condition("Ready", "True")),
        ("v1", "Pod", {}, {"phase": "Succeeded"}),
        ("v1", "Namespace", {}, {"phase": "Active"}),
        ("v1", "PersistentVolumeClaim", {}, {"phase": "Bound"}),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, condition("Established", "True")),
        ("apiregistration.k8s.io/v1", "APIService", {}, condition("Available", "True")),
        ("postgresql.cnpg.io/v1", "Cluster", {"instances": 3}, {"readyInstances": 3, **condition("Ready", "True")}),
        ("postgresql.cnpg.io/v1", "Database", {}, {**SEEN, "applied": True}),
        ("v1", "ConfigMap", {}, {}),
        ("example.com/v1", "Widget", {}, {**SEEN, **condition("Ready", "True")}),
        ("example.com/v1", "Widget", {}, condition("Synced", "False")),
    ],
)
def test_ready(api_version: str, kind: str, spec: dict[str, Any], status: dict[str, Any]) -> None:
    assert verdict(api_version, kind, status, **spec) == (True, "")


@pytest.mark.parametrize(
    ("api_version", "kind", "spec", "status", "reason"),
    [
        ("apps/v1", "Deployment", {}, {}, "its controller has not seen it yet"),
        ("apps/v1", "Deployment", {}, {**FULL, "observedGeneration": 1}, "has not seen the last change yet"),
        ("apps/v1", "Deployment", {"replicas": 2}, {**FULL, "updatedReplicas": 1}, "1 of 2 replicas updated"),
        ("apps/v1", "Deployment", {"replicas": 2}, {**FULL, "availableReplicas": 1}, "1 of 2 replicas available"),
        ("apps/v1", "Deployment", {"replicas": 2}, {**FULL, "replicas": 3}, "1 old replicas are still there"),
        (
            "apps/v1",
            "Deployment",
            {"replicas": 2},
            {**SEEN, **condition("ReplicaFailure", "True", reason="FailedCreate", message="exceeded quota")},
            "0 of 2 replicas updated; ReplicaFailure=True (FailedCreate: exceeded quota)",
        ),
        (
            "apps/v1",
            "Deployment",
            {},
            {**SEEN, **condition("Progressing", "False", reason="ProgressDeadlineExceeded")},
            "ProgressDeadlineExceeded",
        ),
        ("apps/v1", "StatefulSet", {"replicas": 3}, {**SEEN, "readyReplicas": 2}, "2 of 3 replicas ready"),
        (
            "apps/v1",
            "StatefulSet",
            {"replicas": 2},
            {**SEEN, "readyReplicas": 2, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "b"},
            "1 of 2 replicas updated",
        ),
        (
            "apps/v1",
            "DaemonSet",
            {},
            {**SEEN, "desiredNumberScheduled": 3, "updatedNumberScheduled": 1},
            "1 of 3 pods updated",
        ),
        (
            "apps/v1",
            "DaemonSet",
            {},
            {**SEEN, "desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 2},
            "2 of 3 pods available",
        ),
        ("batch/v1", "Job", {}, {"failed": 1}, "0 of 1 pods succeeded, 1 failed"),
        ("v1", "Pod", {}, {"phase": "Pending"}, "has no condition Ready yet"),
        ("v1", "Namespace", {}, {"phase": "Terminating"}, "is Terminating, not Active"),
        ("v1", "PersistentVolumeClaim", {}, {}, "is in no phase yet, not Bound"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {}, {}, "has no condition Established yet"),
        (
            "postgresql.cnpg.io/v1",
            "Cluster",
            {"instances": 3},
            {"readyInstances": 1, "phase": "Setting up primary"},
            "1 of 3 instances ready; Setting up primary",
        ),
        ("postgresql.cnpg.io/v1", "Database", {}, {**SEEN, "message": "no such role"}, "no such role"),
        ("example.com/v1", "Widget", {}, condition("Ready", "False", message="no"), "Ready=False (no)"),
        ("example.com/v1", "Widget", {}, condition("Available", "Unknown"), "Available=Unknown"),
    ],
)
def test_not_ready(api_version: str, kind: str, spec: dict[str, Any], status: dict[str, Any], reason: str) -> None:
    ready, told = verdict(api_version, kind, status, **spec)
    assert not ready
    assert reason in told


@pytest.mark.parametrize(
    ("api_version", "kind", "status"),
    [
        ("batch/v1", "Job", condition("Failed", "True", reason="BackoffLimitExceeded")),
        ("v1", "Pod", {"phase": "Failed", "reason": "Evicted"}),
    ],
)
def test_waiting_is_of_no_use(api_version: str, kind: str, status: dict[str, Any]) -> None:
    found = readiness({"apiVersion": api_version, "kind": kind, "metadata": {}, "status": status})
    assert not found.ready
    assert found.final
