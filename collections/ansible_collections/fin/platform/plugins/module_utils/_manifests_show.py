# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user sees of an apply: results, differences, errors. Never the content of a Secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.fin.platform.plugins.module_utils._kube_mask import hide
from ansible_collections.fin.platform.plugins.module_utils._manifests_apply import Outcome, content
from ansible_collections.fin.platform.plugins.module_utils._manifests_item import Item

try:
    import yaml
except ImportError:  # comes with the Kubernetes client, whose absence the module reports
    yaml = None  # type: ignore[assignment]

ACTIONS = ("created", "configured", "unchanged", "pruned")


def listed(item: Item, **more: str) -> dict[str, str]:
    """An object in a result."""
    named = {"kind": item.kind, "namespace": item.namespace, "name": item.name}
    return {"api_version": str(item.body.get("apiVersion", "")), **named, **more}


def counted(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many objects came out how."""
    counts = dict.fromkeys(ACTIONS, 0)
    for outcome in outcomes:
        if outcome.action:
            counts[outcome.action] += 1
    return counts


def differences(outcomes: Iterable[Outcome]) -> list[dict[str, str]]:
    """What changed, as Ansible shows differences."""
    return [
        {
            "before_header": f"{outcome.item} ({'live' if outcome.before else 'absent'})",
            "after_header": f"{outcome.item} ({outcome.action})",
            "before": _text(outcome.before, None),
            "after": _text(outcome.after, outcome.before),
        }
        for outcome in outcomes
        if outcome.action in ("created", "configured", "pruned")
    ]


def _text(body: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> str:
    if body is None:
        return ""
    return yaml.safe_dump(content(hide(body, other)), default_flow_style=False, sort_keys=True, allow_unicode=True)


def complaint(set_name: str, errors: list[tuple[str, list[str]]], untouched: int) -> str:
    """All errors in one text.

    :param errors: object, and the lines about it
    :param untouched: number of objects that were left alone because of them
    """
    many = f"{len(errors)} objects" if len(errors) != 1 else "1 object"
    lines = [f"Failed to apply set {set_name!r}: {many} not as wanted."]
    for about, said in errors:
        lines += [f"- {about}: {said[0]}", *(f"    {line}" for line in said[1:])]
    if untouched:
        lines.append(f"{untouched} further objects were only checked, not written, because of this.")
    return "\n".join(lines)
