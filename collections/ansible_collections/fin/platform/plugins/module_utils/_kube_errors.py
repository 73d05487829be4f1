# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong between us and an API server, as types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MANAGER = re.compile(r'conflict with "([^"]+)"(?: with subresource "[^"]+")?')


class KubeError(Exception):
    """Base of all errors here; its text can be shown to a user."""


class KubeConfigError(KubeError):
    """The kubeconfig or its credentials cannot be used."""


class KubeUnavailableError(KubeError):
    """The API server did not answer usefully within the stated time."""


class KubeAnswerError(KubeError):
    """The API server refused a request.

    :param status: HTTP status
    :param body: the answer, as a rule a Kubernetes ``Status``
    :param repeated: whether an earlier attempt of the same request may have been carried out
    """

    def __init__(self, status: int, body: Mapping[str, Any], repeated: bool = False) -> None:
        self.status = status
        self.reason = str(body.get("reason") or "")
        self.message = str(body.get("message") or f"HTTP status {status} without an explanation")
        details = body.get("details")
        self.details: Mapping[str, Any] = details if isinstance(details, Mapping) else {}
        self.repeated = repeated
        super().__init__(self.message)

    @property
    def causes(self) -> list[Mapping[str, Any]]:
        """The single reasons, each with ``reason``, ``message`` and ``field``."""
        causes = self.details.get("causes")
        return [cause for cause in causes if isinstance(cause, Mapping)] if isinstance(causes, list) else []

    def conflicts(self) -> list[tuple[str, str]]:
        """Fields that other field managers own, as (manager, field)."""
        found = []
        for cause in self.causes:
            if cause.get("reason") == "FieldManagerConflict":
                match = MANAGER.search(str(cause.get("message", "")))
                found.append((match.group(1) if match else "an unknown manager", str(cause.get("field", "?"))))
        return found

    @property
    def outdated(self) -> bool:
        """The object changed between our read and our write."""
        return self.status == 409 and self.reason in ("Conflict", "AlreadyExists") and not self.conflicts()

    @property
    def missing_namespace(self) -> bool:
        """The namespace to write into does not exist."""
        return self.status == 404 and self.details.get("kind") == "namespaces"

    @property
    def missing_kind(self) -> bool:
        """The API server does not know this kind of object (yet)."""
        return self.status == 404 and not self.details.get("name")
