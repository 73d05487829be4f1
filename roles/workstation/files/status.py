#!/usr/bin/env python3
"""Shows the local platform: nodes, components, services, their addresses, and how to reach them. Changes nothing."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

ROOT = Path(__file__).resolve().parents[3]
KUBECONFIG = ROOT / ".state" / "local" / "kubeconfig"
OURS = {"edge", "application", "cde", "data"}


def table(title: str, rows: list[tuple[str, ...]]) -> str:
    """Rows under a title, columns aligned."""
    if not rows:
        return f"{title}\n  none"
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        [
            title,
            *(
                "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                for row in rows
            ),
        ]
    )


def ready(item: Any) -> str:
    return (
        "Ready" if any(c.type == "Ready" and c.status == "True" for c in item.status.conditions or []) else "not ready"
    )


def nodes(api: client.ApiClient) -> list[tuple[str, ...]]:
    found = client.CoreV1Api(api).list_node(_request_timeout=10).items
    zone = "topology.kubernetes.io/zone"
    return [
        (n.metadata.name, ready(n), (n.metadata.labels or {}).get(zone, "-"), n.status.node_info.kubelet_version)
        for n in found
    ]


def workloads(api: client.ApiClient, services: bool) -> list[tuple[str, ...]]:
    """Deployments, StatefulSets and DaemonSets: of our zones, or of everything else."""
    apps = client.AppsV1Api(api)
    rows = []
    for kind, listed in (
        ("Deployment", apps.list_deployment_for_all_namespaces(_request_timeout=10)),
        ("StatefulSet", apps.list_stateful_set_for_all_namespaces(_request_timeout=10)),
        ("DaemonSet", apps.list_daemon_set_for_all_namespaces(_request_timeout=10)),
    ):
        for item in listed.items:
            if (item.metadata.namespace in OURS) != services:
                continue
            have = item.status.number_ready if kind == "DaemonSet" else item.status.ready_replicas
            want = item.status.desired_number_scheduled if kind == "DaemonSet" else item.spec.replicas
            state = f"{have or 0}/{want}" + ("" if (have or 0) == want else "  <-- not all ready")
            rows.append((item.metadata.namespace, item.metadata.name, kind, state))
    return sorted(rows)


def databases(api: client.ApiClient) -> list[tuple[str, ...]]:
    try:
        found = client.CustomObjectsApi(api).list_cluster_custom_object(
            "postgresql.cnpg.io", "v1", "clusters", _request_timeout=10
        )
    except ApiException as e:
        if e.status == 404:
            return []
        raise
    return [
        (c["metadata"]["namespace"], c["metadata"]["name"], f"{c.get('status', {}).get('readyInstances', 0)}/{c['spec']['instances']}",
         f"primary {c.get('status', {}).get('currentPrimary', '-')}")
        for c in found["items"]
    ]  # fmt: skip


def main() -> int:
    if not KUBECONFIG.exists():
        print("There is no local platform on this machine. 'make up' builds it.")
        return 1
    try:
        api = config.new_client_from_config(str(KUBECONFIG))
        api.configuration.retries = False
        print(table("Nodes", nodes(api)))
        print(table("Components", workloads(api, services=False)))
        print(table("Databases", databases(api)))
        print(table("Services", workloads(api, services=True)))
    except (ApiException, HTTPError, OSError) as e:
        print(f"The local cluster does not answer ({type(e).__name__}). 'make up' starts it again.", file=sys.stderr)
        return 1
    kind = (KUBECONFIG.parent / "kind.yaml").read_text(encoding="utf-8")
    ports = re.findall(r"hostPort: (\d+)", kind)
    cache = os.environ.get("FIN_PLATFORM_CACHE") or str(
        Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "fin-platform"
    )
    kubectl = sorted(Path(cache).glob("programs/kubernetes-*/kubectl"), key=lambda path: path.stat().st_mtime)
    print("Reach them")
    for port in ports:
        print(f"  public API  http://127.0.0.1:{port}/v1  (how to use it: services/README.md)")
    print(f"  kubectl     export KUBECONFIG={KUBECONFIG}" + (f" PATH={kubectl[-1].parent}:$PATH" if kubectl else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
