# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubernetes quantities."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ansible_collections.fin.platform.plugins.module_utils._quantity import cores, mebibytes, parse


@pytest.mark.parametrize(
    ("text", "amount"),
    [("2", 2), ("250m", Decimal("0.25")), ("1.5", Decimal("1.5")), ("1Ki", 1024), ("1k", 1000), ("2Gi", 2 * 1024**3)],
)
def test_parse(text: str, amount: Decimal) -> None:
    """Cores or bytes."""
    assert parse(text) == amount


@pytest.mark.parametrize("text", ["", "Mi", "1 Gi", "1mi", "-1"])
def test_parse_refuses(text: str) -> None:
    """What Kubernetes would refuse too."""
    with pytest.raises(ValueError, match="is not an amount"):
        parse(text)


def test_shown_amounts_are_never_too_small() -> None:
    """Whoever writes them into a quota has enough."""
    assert cores(Decimal("1.25")) == "1250m"
    assert mebibytes(Decimal(1024**2 + 1)) == "2Mi"
