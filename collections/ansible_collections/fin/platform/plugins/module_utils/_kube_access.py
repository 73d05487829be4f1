# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a kubeconfig to connections and credentials.

Importing the Kubernetes client takes as long as applying a hundred objects. A kubeconfig with a certificate or a token,
as kind and kubeadm write it, needs none of it; everything else (programs that fetch credentials, providers, proxies,
several files, a pod's ServiceAccount) is left to the client.
"""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._kube_errors import KubeConfigError

try:
    import urllib3
    import yaml
    from urllib3.util.ssl_ import create_urllib3_context

    MISSING = ""
except ImportError as e:
    MISSING = str(e)

CLUSTER_KEYS = {"server", "certificate-authority", "certificate-authority-data", "extensions"}
USER_KEYS = {"client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "extensions"}
PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


@dataclass(frozen=True)
class Access:
    """How to reach an API server.

    :param pool: a urllib3 pool manager
    :param credentials: gives the headers that authenticate
    """

    host: str
    pool: Any
    credentials: Callable[[], Mapping[str, str]]


def access(kubeconfig: str | None, context: str | None, concurrency: int) -> Access:
    """Connections and credentials for the cluster that a kubeconfig describes.

    :raises KubeConfigError: the kubeconfig cannot be used
    """
    if MISSING:
        raise KubeConfigError(f"the Python package kubernetes is needed, and a part of it is missing: {MISSING}")
    return _direct(kubeconfig, context, concurrency) or _by_client(kubeconfig, context, concurrency)


def _direct(kubeconfig: str | None, context: str | None, concurrency: int) -> Access | None:
    """Without the Kubernetes client, or None where the kubeconfig asks for more; the client then says what is wrong."""
    path = Path(kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config").expanduser()
    if any(os.environ.get(name) for name in PROXIES):
        return None
    try:
        content = yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
        chosen = _named(content, "context", context or content["current-context"])
        cluster, user = _named(content, "cluster", chosen["cluster"]), _named(content, "user", chosen["user"])
        if not cluster["server"].startswith("https://") or set(cluster) - CLUSTER_KEYS or set(user) - USER_KEYS:
            return None
        tls = create_urllib3_context()
        tls.load_verify_locations(cadata=_pem(path, cluster, "certificate-authority"))
        if "client-certificate" in user or "client-certificate-data" in user:
            _load_certificate(tls, _pem(path, user, "client-certificate"), _pem(path, user, "client-key"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError):
        return None
    headers = {"authorization": f"Bearer {user['token']}"} if user.get("token") else {}
    return Access(cluster["server"], urllib3.PoolManager(maxsize=concurrency, ssl_context=tls), lambda: headers)


def _named(content: Mapping[str, Any], kind: str, name: str) -> dict[str, Any]:
    """An entry of a kubeconfig."""
    found: dict[str, Any] = {entry["name"]: entry[kind] for entry in content[f"{kind}s"]}[name]
    return found


def _pem(path: Path, entry: Mapping[str, Any], key: str) -> str:
    """A certificate or key, given as it is or as a file beside the kubeconfig."""
    if f"{key}-data" in entry:
        return base64.b64decode(entry[f"{key}-data"]).decode()
    return (path.parent / str(entry[key])).read_text(encoding="utf-8")


def _load_certificate(tls: Any, certificate: str, key: str) -> None:
    """The library reads certificates from files only; this one is its owner's alone and gone at once."""
    with tempfile.NamedTemporaryFile("w", prefix="fin-platform-", suffix=".pem") as file:
        file.write(f"{certificate}\n{key}\n")
        file.flush()
        tls.load_cert_chain(file.name)


def _by_client(kubeconfig: str | None, context: str | None, concurrency: int) -> Access:
    try:
        from kubernetes import client, config
    except ImportError as e:
        raise KubeConfigError(f"the Python package kubernetes is needed and cannot be imported: {e}") from e
    configuration = client.Configuration()
    where = kubeconfig or os.environ.get("KUBECONFIG") or "the default kubeconfig"
    try:
        if kubeconfig or context or not os.environ.get("KUBERNETES_SERVICE_HOST"):
            config.load_kube_config(kubeconfig, context, configuration)
        else:
            config.load_incluster_config(client_configuration=configuration)
    except (config.ConfigException, OSError, ValueError, TypeError, KeyError, yaml.YAMLError) as e:
        raise KubeConfigError(f"cannot use {where}{f', context {context}' if context else ''}: {e}") from e
    configuration.connection_pool_maxsize = concurrency
    pool = client.ApiClient(configuration).rest_client.pool_manager

    def credentials() -> dict[str, str]:
        return {setting["key"]: setting["value"] for setting in configuration.auth_settings().values()}

    return Access(configuration.host, pool, credentials)
