# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a proof says."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


class ProofError(Exception):
    """Something was not as claimed: what was tried, and what came instead."""


@dataclass(frozen=True)
class Proof:
    """One thing that was tried and came out as claimed.

    :param name: a short, stable name
    :param claim: what is claimed
    :param seen: what was seen
    """

    name: str
    claim: str
    seen: str

    def facts(self) -> dict[str, Any]:
        return asdict(self)
