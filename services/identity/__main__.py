"""`python3 -m identity serve|migrate`."""

from __future__ import annotations

import sys

from chassis.main import main

sys.exit(main("identity"))
