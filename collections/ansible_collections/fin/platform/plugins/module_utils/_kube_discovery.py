# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which kinds of objects an API server knows: asked once, in two requests."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ansible_collections.fin.platform.plugins.module_utils._kube_client import KubeClient
from ansible_collections.fin.platform.plugins.module_utils._kube_errors import KubeConfigError

# https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery, in Kubernetes since 1.30
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


@dataclass(frozen=True)
class Resource:
    """A kind of object and where it lives.

    :param group: API group, empty for the core one
    :param plural: its name in paths
    :param reports: whether it has a status of its own
    """

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str]
    reports: bool = False

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "") -> str:
        """Path of an object, or of all of them when neither a namespace nor a name is given."""
        base = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        inner = f"/namespaces/{quote(namespace)}" if self.namespaced and namespace else ""
        return f"{base}{inner}/{self.plural}" + (f"/{quote(name)}" if name else "")


class Discovery:
    """The kinds that are known, by API version and kind."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources: dict[tuple[str, str], Resource] = {}
        for resource in resources:
            self.resources.setdefault((resource.api_version, resource.kind), resource)

    def find(self, api_version: str, kind: str) -> Resource | None:
        return self.resources.get((api_version, kind))

    def add(self, resources: Iterable[Resource]) -> None:
        """Know further kinds, of definitions that are only about to be applied."""
        for resource in resources:
            self.resources.setdefault((resource.api_version, resource.kind), resource)

    def preferred(self) -> list[Resource]:
        """Every kind once, in the version its group prefers."""
        once: dict[tuple[str, str], Resource] = {}
        for resource in self.resources.values():
            once.setdefault((resource.group, resource.kind), resource)
        return list(once.values())

    def hint(self, api_version: str, kind: str) -> str:
        """What somebody may have meant by an unknown kind."""
        same_kind = sorted(known for known, other in self.resources if other == kind)
        if same_kind:
            return f"{kind} is served as {', '.join(same_kind)}"
        close = difflib.get_close_matches(kind, {other for _version, other in self.resources}, 1)
        if close:
            return f"did you mean {close[0]}?"
        return "is its CustomResourceDefinition installed, or in this set?"


def discover(client: KubeClient) -> Discovery:
    """Ask an API server what it knows.

    :raises KubeConfigError: it is older than aggregated discovery
    """
    found: list[Resource] = []
    for path in ("/api", "/apis"):
        body = client.request("GET", path, accept=AGGREGATED).body
        if body.get("kind") != "APIGroupDiscoveryList":
            raise KubeConfigError(
                f"{client.host} does not serve aggregated discovery; Kubernetes 1.30 or later is needed"
            )
        for group in body.get("items") or []:
            found += _group(group)
    return Discovery(found)


def _group(group: Mapping[str, Any]) -> Iterable[Resource]:
    name = (group.get("metadata") or {}).get("name") or ""
    for version in group.get("versions") or []:
        for resource in version.get("resources") or []:
            yield Resource(
                group=name,
                version=version["version"],
                kind=(resource.get("responseKind") or {}).get("kind") or "",
                plural=resource["resource"],
                namespaced=resource.get("scope") == "Namespaced",
                verbs=frozenset(resource.get("verbs") or []),
                reports=any(part.get("subresource") == "status" for part in resource.get("subresources") or []),
            )


def defined_by(definition: Mapping[str, Any]) -> list[Resource]:
    """The kinds that a CustomResourceDefinition defines; none when it is malformed, which the server will say."""
    try:
        spec = definition["spec"]
        return [
            Resource(
                group=spec["group"],
                version=version["name"],
                kind=spec["names"]["kind"],
                plural=spec["names"]["plural"],
                namespaced=spec["scope"] == "Namespaced",
                verbs=frozenset({"get", "list", "patch", "delete"}),
                reports="status" in (version.get("subresources") or {}),
            )
            for version in spec["versions"]
            if version.get("served", True)
        ]
    except (KeyError, TypeError, AttributeError):
        return []
