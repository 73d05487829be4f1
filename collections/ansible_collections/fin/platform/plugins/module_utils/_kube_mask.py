# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep the content of Secrets out of everything that is shown."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = "***"
SHORTEST = 6  # shorter values are too ordinary to be looked for: they would blot out half of a log
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

TELLING = [
    re.compile(r"(?i)((?:password|passwd|secret|token|api[-_]?key|access[-_]?key)[\"']?\s*[:=]\s*[\"']?)[^\s\"',;}]+"),
    re.compile(r"(?i)(authorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic)?\s*)[^\s\"',;}]+"),
    re.compile(r"(?i)(bearer\s+)[\w.~+/-]{8,}=*"),
    re.compile(r"(://[^/\s:@]*:)[^@\s/]+(?=@)"),
    re.compile(r"()\beyJ[\w-]+\.[\w-]+\.[\w-]*"),
    re.compile(r"(-----BEGIN [A-Z ]*KEY-----).*"),
]


class Mask:
    """Takes known secret values, and what looks like one, out of text.

    :param objects: manifests; the values of the Secrets among them are known
    """

    def __init__(self, objects: Iterable[Mapping[str, Any]] = ()) -> None:
        self._values: set[str] = set()
        for item in objects:
            if item.get("kind") == "Secret":
                self._learn(item)

    def _learn(self, secret: Mapping[str, Any]) -> None:
        for field in ("data", "stringData"):
            values = secret.get(field)
            for value in values.values() if isinstance(values, Mapping) else ():
                self._values.add(str(value))
                if field == "data":
                    self._values.update(_decoded(str(value)))

    def text(self, text: str) -> str:
        """Text without the known values."""
        for value in sorted(self._values, key=len, reverse=True):
            if len(value) >= SHORTEST:
                text = text.replace(value, HIDDEN)
        return text

    def log(self, line: str) -> str:
        """A line of a log without the known values and without what looks like a secret: a best effort."""
        line = self.text(line)
        for pattern in TELLING:
            line = pattern.sub(lambda match: f"{match.group(1)}{HIDDEN}", line)
        return line


def _decoded(value: str) -> list[str]:
    try:
        text = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return []
    return [text, *(line for line in text.splitlines() if line)]


def hide(item: Mapping[str, Any], other: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An object to show: a Secret's values hidden, and marked where they differ from another state of it."""
    shown = dict(item)
    metadata = dict(shown.get("metadata") or {})
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != LAST_APPLIED}
    metadata.pop("annotations", None)
    if annotations:
        metadata["annotations"] = annotations
    shown["metadata"] = metadata
    if item.get("kind") == "Secret":
        for field in ("data", "stringData"):
            values = item.get(field)
            if isinstance(values, Mapping):
                before = (other or {}).get(field) or {}
                shown[field] = {
                    key: f"{HIDDEN} (changed)" if key in before and before[key] != value else HIDDEN
                    for key, value in values.items()
                }
    return shown
