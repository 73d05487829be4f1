# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubernetes quantities: the part of their grammar that people write."""

from __future__ import annotations

import math
import re
from decimal import Decimal

PATTERN = r"[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?"
MEANING = "an amount such as 250m, 1.5 or 512Mi"

_FACTORS = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGT", 1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGT", 1)},
}


def parse(text: str) -> Decimal:
    """The amount in whole units: cores, or bytes.

    :raises ValueError: the text is not a quantity
    """
    found = re.fullmatch(r"([0-9.]+)([a-zA-Z]*)", str(text))
    if not found or found[2] not in _FACTORS:
        raise ValueError(f"{text!r} is not {MEANING}")
    return Decimal(found[1]) * _FACTORS[found[2]]


def cores(amount: Decimal) -> str:
    """An amount of processor time, rounded up to whole thousandths of a core."""
    return f"{math.ceil(amount * 1000)}m"


def mebibytes(amount: Decimal) -> str:
    """An amount of memory, rounded up to whole mebibytes."""
    return f"{math.ceil(amount / 1024**2)}Mi"
