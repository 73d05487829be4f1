# Copyright (c) 2026 fin.platform authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arguments of the modules that talk to an API server; the doc fragment kubernetes describes them."""

from __future__ import annotations

from typing import Any

CLUSTER_ARGUMENTS: dict[str, Any] = {
    "kubeconfig": {"type": "path"},
    "context": {"type": "str"},
    "retry_seconds": {"type": "int", "default": 60},
}
