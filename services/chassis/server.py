"""Serving: one uvicorn process, which finishes what it has begun before it ends."""

from __future__ import annotations

import gc
import importlib
import logging
import signal

import uvicorn

from chassis.settings import ServiceSettings

DRAIN_SECONDS = 25
KEEP_ALIVE_SECONDS = 75
"""Longer than our clients keep idle connections, so that it is never the server that closes one under a request."""

log = logging.getLogger("chassis")


def serve(service: str, settings: ServiceSettings) -> int:
    """Serve until told to end.

    :returns: the exit code; 1 if the service could not start
    """
    app = importlib.import_module(f"{service}.app").create_app(settings)
    gc.collect()
    gc.freeze()
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    )
    fields = {"port": settings.port, "environment": settings.environment}
    log.info("serving", extra={"fields": fields})
    # When it has finished, uvicorn raises the signal that ended it once more; that is no failure.
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    server.run()
    return 0 if server.started and not app.state.chassis.failed else 1
