# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubeconfigs, with and without the Kubernetes client."""

from __future__ import annotations

import base64
import datetime
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.fin.platform.plugins.module_utils import _kube_access
from ansible_collections.fin.platform.plugins.module_utils._kube_access import access
from ansible_collections.fin.platform.plugins.module_utils._kube_errors import KubeConfigError


def certificate() -> tuple[str, str]:
    """A certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    signed = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return signed.decode(), pem.decode()


def write(path: Path, user: dict[str, Any], **cluster: Any) -> str:
    """A kubeconfig with one cluster."""
    authority = base64.b64encode(certificate()[0].encode()).decode()
    entry = {"server": "https://127.0.0.1:6443", "certificate-authority-data": authority, **cluster}
    content = {
        "clusters": [{"name": "c", "cluster": entry}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return str(path)


@pytest.fixture
def no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever imports the Kubernetes client fails."""
    monkeypatch.setitem(sys.modules, "kubernetes", None)


@pytest.mark.usefixtures("no_client")
def test_certificate_needs_no_client(tmp_path: Path) -> None:
    """The temporary file with the key is gone."""
    signed, key = certificate()
    (tmp_path / "user.key").write_text(key, encoding="utf-8")
    data = base64.b64encode(signed.encode()).decode()
    found = access(write(tmp_path / "k", {"client-certificate-data": data, "client-key": "user.key"}), None, 4)
    assert found.host == "https://127.0.0.1:6443"
    assert found.credentials() == {}


@pytest.mark.usefixtures("no_client")
def test_token_needs_no_client(tmp_path: Path) -> None:
    found = access(write(tmp_path / "k", {"token": "abc"}), "x", 4)
    assert found.credentials() == {"authorization": "Bearer abc"}


@pytest.mark.parametrize(
    ("user", "cluster"),
    [
        ({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "aws"}}, {}),
        ({"token": "a"}, {"proxy-url": "http://proxy"}),
        ({"token": "a"}, {"insecure-skip-tls-verify": True}),
        ({"token": "a"}, {"certificate-authority-data": "bm90aGluZw=="}),
        ({"token": "a"}, {"server": "http://127.0.0.1"}),
    ],
    ids=["program", "proxy", "insecure", "broken authority", "plain"],
)
@pytest.mark.usefixtures("no_client")
def test_everything_else_is_left_to_the_client(tmp_path: Path, user: dict[str, Any], cluster: dict[str, Any]) -> None:
    with pytest.raises(KubeConfigError, match="Python package kubernetes is needed"):
        access(write(tmp_path / "k", user, **cluster), None, 4)


def test_client_is_used_with_its_credentials(tmp_path: Path) -> None:
    found = access(write(tmp_path / "k", {"token": "abc"}, **{"insecure-skip-tls-verify": True}), None, 4)
    assert found.credentials() == {"authorization": "Bearer abc"}
    assert found.host == "https://127.0.0.1:6443"


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(KubeConfigError, match=f"cannot use {tmp_path}/none"):
        access(str(tmp_path / "none"), None, 4)
    with pytest.raises(KubeConfigError, match="context elsewhere"):
        access(write(tmp_path / "k", {"token": "abc"}), "elsewhere", 4)


def test_missing_part_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_kube_access, "MISSING", "No module named 'urllib3'")
    with pytest.raises(KubeConfigError, match="No module named 'urllib3'"):
        access(None, None, 4)
