# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Network policies: nothing goes in or out of a namespace of ours but names being looked up and what is declared."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._derive_common import (
    DATABASE,
    DATABASE_NAMESPACE,
    DATABASE_PORT,
    Object,
    database_pods,
    manifest,
    service_pods,
    with_database,
)

# Answers with credentials of the machine on every cloud; no pod has business there.
METADATA = ipaddress.IPv4Network("169.254.169.254/32")
PRIVATE = ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
# Behind its Service the API server listens here: 6443 with kubeadm and kind, 443 on EKS.
API_SERVER_PORTS = (443, 6443)
OPERATOR_STATUS_PORT = 8000


def network_policy_objects(plan: Mapping[str, Any], api_server: Sequence[str] = ()) -> list[Object]:
    """The baseline of every namespace of ours, and the flows of components and of the database.

    :param api_server: addresses of the API server where they are known; otherwise it may be on any node
    """
    nodes = plan["spec"]["cluster"]["node_cidrs"]
    servers = [f"{address}/32" for address in api_server] or nodes
    objects = []
    for namespace in plan["namespaces"]:
        if namespace["existing"]:
            continue
        name = namespace["name"]
        objects += [_default_deny(name), _dns(name)]
        owners = [("namespace", namespace["network"])]
        owners += [
            (release["name"], release["network"]) for release in plan["releases"] if release["namespace"] == name
        ]
        for owner, entries in owners:
            for index, entry in enumerate(entries):
                title = f"{owner}-{index}" if index else owner
                objects.append(_declared(title, name, entry, servers, nodes))
    if with_database(plan):
        objects.append(_database(plan, servers))
    return objects


def policy(
    name: str, namespace: str, pods: Mapping[str, str], ingress: list[Object] | None, egress: list[Object] | None
) -> Object:
    """A NetworkPolicy for pods; a direction that is None is left to other policies."""
    spec: Object = {"podSelector": {"matchLabels": dict(pods)} if pods else {}, "policyTypes": []}
    for direction, rules in (("Ingress", ingress), ("Egress", egress)):
        if rules is not None:
            spec["policyTypes"].append(direction)
            if rules:
                spec[direction.lower()] = rules
    return manifest("NetworkPolicy", "networking.k8s.io/v1", name, namespace, spec=spec)


def pods_in(namespace: str, pods: Mapping[str, str]) -> Object:
    """A peer: pods of one namespace by their labels."""
    peer: Object = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    if pods:
        peer["podSelector"] = {"matchLabels": dict(pods)}
    return peer


def ip_block(cidr: str, but: Sequence[str] = ()) -> Object:
    """A peer: addresses, never the metadata address."""
    network = ipaddress.IPv4Network(cidr)
    closed = [*(ipaddress.IPv4Network(other) for other in but), METADATA]
    excluded = [str(other) for other in closed if other != network and other.subnet_of(network)]
    return {"ipBlock": {"cidr": cidr, **({"except": excluded} if excluded else {})}}


def tcp(*ports: int) -> list[Object]:
    """Ports of a rule."""
    return [{"protocol": "TCP", "port": port} for port in ports]


def _default_deny(namespace: str) -> Object:
    return policy("default-deny", namespace, {}, [], [])


def _dns(namespace: str) -> Object:
    ports = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    return policy(
        "allow-dns", namespace, {}, None, [{"to": [pods_in("kube-system", {"k8s-app": "kube-dns"})], "ports": ports}]
    )


def _declared(
    title: str, namespace: str, entry: Mapping[str, Any], servers: Sequence[str], nodes: Sequence[str]
) -> Object:
    # The API server calls a webhook from its node, which not every network plugin shows by the server's own address.
    ingress = [{"from": _peers(flow, nodes), "ports": tcp(*flow["ports"])} for flow in entry["ingress"]]
    egress = [
        {"to": _peers(flow, servers), "ports": tcp(*(flow["ports"] or API_SERVER_PORTS))} for flow in entry["egress"]
    ]
    return policy(title, namespace, entry["pods"], ingress or None, egress or None)


def _peers(flow: Mapping[str, Any], servers: Sequence[str]) -> list[Object]:
    if flow["peer"] == "api_server":
        return [ip_block(cidr) for cidr in servers]
    if flow["peer"] == "internet":
        return [ip_block("0.0.0.0/0", PRIVATE)]
    return [pods_in(flow["peer"], flow["pods"])]


def _database(plan: Mapping[str, Any], servers: Sequence[str]) -> Object:
    """The instances among each other, their operator, the API server (each instance reports to it), and the owning services."""
    own = {"podSelector": {"matchLabels": database_pods()}}
    both = tcp(DATABASE_PORT, OPERATOR_STATUS_PORT)
    operator = [
        pods_in(r["namespace"], {"app.kubernetes.io/name": "cloudnative-pg"})
        for r in plan["releases"]
        if r["name"] == "cloudnative-pg"
    ]
    services = [pods_in(service["namespace"], service_pods(service["name"])) for service in with_database(plan)]
    ingress = [{"from": [own, *operator], "ports": both}, {"from": services, "ports": tcp(DATABASE_PORT)}]
    egress = [
        {"to": [own], "ports": both},
        {"to": [ip_block(cidr) for cidr in servers], "ports": tcp(*API_SERVER_PORTS)},
    ]
    return policy(DATABASE, DATABASE_NAMESPACE, database_pods(), ingress, egress)
