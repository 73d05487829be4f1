# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network policies, decided flow by flow."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.fin.platform.plugins.module_utils._derive_network import ip_block, network_policy_objects
from ansible_collections.fin.platform.plugins.module_utils._derive_service import service_objects
from ansible_collections.fin.platform.tests.unit.planning import images, only, plan

Object = dict[str, Any]


def blocks(objects: list[Object]) -> list[Object]:
    """All address blocks of all policies."""
    found = []
    for policy in objects:
        for direction, peers in (("ingress", "from"), ("egress", "to")):
            for rule in policy["spec"].get(direction, []):
                found += [peer["ipBlock"] for peer in rule.get(peers, []) if "ipBlock" in peer]
    return found


def test_every_namespace_of_ours_is_closed_both_ways(tmp_path: Path) -> None:
    """Default deny for all pods, and names may be looked up."""
    made = plan(tmp_path)
    objects = network_policy_objects(made)
    for namespace in (n["name"] for n in made["namespaces"] if not n["existing"]):
        deny = only(objects, "NetworkPolicy", "default-deny", namespace)["spec"]
        assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        dns = only(objects, "NetworkPolicy", "allow-dns", namespace)["spec"]
        assert dns["policyTypes"] == ["Egress"]
        assert {(p["protocol"], p["port"]) for p in dns["egress"][0]["ports"]} == {("UDP", 53), ("TCP", 53)}
    assert not [o for o in objects if o["metadata"]["namespace"] == "kube-system"]


def test_no_rule_is_open_by_omission(tmp_path: Path) -> None:
    """A rule without peers or ports would allow all of them."""
    made = plan(tmp_path, {"spec": {"profile": "full"}})
    objects = [*network_policy_objects(made), *service_objects(made, images(made))]
    for policy in (o for o in objects if o["kind"] == "NetworkPolicy"):
        for direction, peers in (("ingress", "from"), ("egress", "to")):
            for rule in policy["spec"].get(direction, []):
                assert rule[peers], policy["metadata"]
                assert rule["ports"], policy["metadata"]
                assert all(peer for peer in rule[peers]), policy["metadata"]


def test_metadata_address_is_closed(tmp_path: Path) -> None:
    """No block of any policy holds it."""
    made = plan(tmp_path, {"spec": {"cluster": {"node_cidrs": ["0.0.0.0/0", "169.254.0.0/16"]}}})
    objects = [
        *network_policy_objects(made),
        *(o for o in service_objects(made, images(made)) if o["kind"] == "NetworkPolicy"),
    ]
    address = ipaddress.IPv4Address("169.254.169.254")
    found = blocks(objects)
    assert found
    for block in found:
        inside = address in ipaddress.IPv4Network(block["cidr"])
        assert not inside or any(address in ipaddress.IPv4Network(other) for other in block.get("except", [])), block


@pytest.mark.parametrize(
    ("cidr", "but", "excluded"),
    [
        ("10.0.0.0/8", (), None),
        ("0.0.0.0/0", (), ["169.254.169.254/32"]),
        ("0.0.0.0/0", ("10.0.0.0/8",), ["10.0.0.0/8", "169.254.169.254/32"]),
        ("10.1.0.0/16", ("10.0.0.0/8",), None),
    ],
)
def test_address_blocks(cidr: str, but: tuple[str, ...], excluded: list[str] | None) -> None:
    """Exceptions lie within their block, as Kubernetes demands."""
    assert ip_block(cidr, but)["ipBlock"].get("except") == excluded


def test_components_have_the_flows_they_declare(tmp_path: Path) -> None:
    """Webhooks from the nodes, the API server by its addresses where they are known."""
    made = plan(tmp_path)
    storage = only(network_policy_objects(made, ["172.18.0.2"]), "NetworkPolicy", "storage", "storage-system")["spec"]
    assert storage["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "storage"}}
    assert storage["ingress"] == [
        {"from": [{"ipBlock": {"cidr": "172.18.0.0/16"}}], "ports": [{"protocol": "TCP", "port": 9443}]}
    ]
    server, data, internet = storage["egress"]
    assert server["to"] == [{"ipBlock": {"cidr": "172.18.0.2/32"}}]
    assert [port["port"] for port in server["ports"]] == [443, 6443]
    assert data["to"][0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "data"}
    assert "10.0.0.0/8" in internet["to"][0]["ipBlock"]["except"]


def test_only_owners_reach_the_database(tmp_path: Path) -> None:
    """By namespace and by pod; the gateway and reporting keep nothing and do not get there."""
    policy = only(network_policy_objects(plan(tmp_path)), "NetworkPolicy", "platform-db", "data")["spec"]
    among, services = policy["ingress"]
    assert among["from"][0] == {"podSelector": {"matchLabels": {"cnpg.io/cluster": "platform-db"}}}
    peers = {peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in services["from"]}
    assert peers == {"accounts", "identity", "transactions"}
    assert services["ports"] == [{"protocol": "TCP", "port": 5432}]


def flows(objects: list[Object], service: str) -> tuple[set[str], set[str]]:
    """Who may call a service, and whom it may call, by its own policy."""
    spec = only(objects, "NetworkPolicy", service)["spec"]
    sides = []
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        labels = [p.get("podSelector", {}).get("matchLabels", {}) for r in spec.get(direction, []) for p in r[peers]]
        sides.append({next(iter(label.values())) for label in labels if label})
    return sides[0], sides[1]


def test_services_reach_whom_they_declare_and_nobody_else(tmp_path: Path) -> None:
    """Both ways from one line: the caller's way out and the callee's way in."""
    made = plan(tmp_path)
    objects = service_objects(made, images(made))
    assert flows(objects, "transactions") == ({"gateway", "accounts", "reporting"}, {"identity", "platform-db"})
    assert flows(objects, "gateway") == (set(), {"identity", "accounts", "transactions", "reporting"})
    assert flows(objects, "identity")[1] == {"platform-db"}


def test_only_public_services_are_open_to_the_outside(tmp_path: Path) -> None:
    """The gateway by address, on its one port; no other service by address at all."""
    made = plan(tmp_path)
    for policy in (o for o in service_objects(made, images(made)) if o["kind"] == "NetworkPolicy"):
        found = [block["cidr"] for block in blocks([policy])]
        assert found == (["0.0.0.0/0", "172.18.0.0/16"] if policy["metadata"]["name"] == "gateway" else [])
