"""The two commands of every service: `serve` and `migrate`. Each imports only what it needs, to start quickly."""

from __future__ import annotations

import logging
import sys

from chassis.logs import configure
from chassis.settings import SettingsInvalid, read_settings

COMMANDS = ("serve", "migrate")

log = logging.getLogger("chassis")


def main(service: str, arguments: list[str] | None = None) -> int:
    """Run a command of a service.

    :returns: the process's exit code: 0 done, 1 failed, 2 wrongly called or configured
    """
    given = sys.argv[1:] if arguments is None else arguments
    if not service or len(given) != 1 or given[0] not in COMMANDS:
        print(f"usage: python3 -m {service or '<service>'} {'|'.join(COMMANDS)}", file=sys.stderr)
        return 2
    configure(service, "INFO")
    try:
        settings = read_settings(service)
        configure(service, settings.log_level)
        if given[0] == "migrate":
            from chassis.migrations import migrate

            return migrate(service)
        from chassis.server import serve

        return serve(service, settings)
    except SettingsInvalid as error:
        log.critical("%s does not start: %s", service, error)
        return 2
