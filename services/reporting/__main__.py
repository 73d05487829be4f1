"""`python3 -m reporting serve|migrate`."""

from __future__ import annotations

import sys

from chassis.main import main

sys.exit(main("reporting"))
