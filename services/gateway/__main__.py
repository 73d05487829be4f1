"""`python3 -m gateway serve|migrate`."""

from __future__ import annotations

import sys

from chassis.main import main

sys.exit(main("gateway"))
