# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Namespaces: pod security, quotas, limits, priorities."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.fin.platform.plugins.module_utils._derive_common import PRIORITIES
from ansible_collections.fin.platform.plugins.module_utils._derive_namespaces import namespace_objects
from ansible_collections.fin.platform.tests.unit.planning import only, plan


def test_every_namespace_of_ours_is_limited(tmp_path: Path) -> None:
    """A quota and limits each; what others make is left alone."""
    made = plan(tmp_path)
    objects = namespace_objects(made)
    ours = {n["name"] for n in made["namespaces"] if not n["existing"]}
    assert "kube-system" not in ours
    for kind in ("ResourceQuota", "LimitRange"):
        assert {o["metadata"]["namespace"] for o in objects if o["kind"] == kind} == ours
    assert {o["metadata"]["name"] for o in objects if o["kind"] == "Namespace"} == ours


def test_pod_security_is_restricted_unless_a_reason_is_given(tmp_path: Path) -> None:
    """The level is enforced, and even where it is lower, audit and warnings show what restricted would refuse."""
    objects = namespace_objects(plan(tmp_path, {"spec": {"profile": "full"}}))
    cde = only(objects, "Namespace", "cde")["metadata"]
    assert cde["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert cde["labels"]["fin.platform/zone"] == "cde"
    assert "annotations" not in cde
    monitoring = only(objects, "Namespace", "monitoring")["metadata"]
    assert monitoring["labels"]["pod-security.kubernetes.io/enforce"] == "baseline"
    assert monitoring["labels"]["pod-security.kubernetes.io/audit"] == "restricted"
    assert monitoring["annotations"] == {"fin.platform/pod-security-reason": "reads the nodes' files"}


def test_only_public_services_may_open_ports(tmp_path: Path) -> None:
    """Neither a node's port nor a load balancer can be had in any other namespace."""
    objects = namespace_objects(plan(tmp_path))
    assert only(objects, "ResourceQuota", "quota", "edge")["spec"]["hard"]["services.nodeports"] == "1"
    hard = only(objects, "ResourceQuota", "quota", "cde")["spec"]["hard"]
    assert (hard["services.nodeports"], hard["services.loadbalancers"]) == ("0", "0")
    assert hard["requests.cpu"] == "1"


def test_priorities_that_pods_use_exist(tmp_path: Path) -> None:
    """Each zone's priority is one of those made, and the database comes first."""
    made = {
        o["metadata"]["name"]: o["value"] for o in namespace_objects(plan(tmp_path)) if o["kind"] == "PriorityClass"
    }
    assert set(PRIORITIES.values()) <= set(made)
    assert max(made, key=lambda name: made[name]) == "fin-data"
