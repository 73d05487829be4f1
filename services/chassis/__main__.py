"""Run the service that SERVICE_NAME names: `python3 -m chassis serve`."""

from __future__ import annotations

import os
import sys

from chassis.main import main

sys.exit(main(os.environ.get("SERVICE_NAME", "")))
