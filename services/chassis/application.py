"""The frame of every service's web application: probes, metrics, problems, the envelope."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import APIRouter, FastAPI, Request
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.responses import JSONResponse, Response

from chassis import metrics
from chassis.middleware import Envelope
from chassis.problems import Problem, install
from chassis.settings import ServiceSettings, SettingsInvalid

log = logging.getLogger("chassis")

Start = Callable[[FastAPI, AsyncExitStack], Awaitable[None]]
Check = Callable[[], Awaitable[None]]
Prepare = Callable[[], Awaitable[None]]


class NotReady(Exception):
    """What the service needs is not there; the text says what, for the log and the probe."""


class State:
    """What probes ask about."""

    def __init__(self) -> None:
        self.checks: list[Check] = []
        self.preparing: asyncio.Task[None] | None = None
        self.failed = False

    async def ready(self) -> None:
        """Raise unless the service can do its work.

        :raises NotReady: it cannot
        """
        if self.failed or (self.preparing is not None and not self.preparing.done()):
            raise NotReady("start-up has not finished")
        for check in self.checks:
            await check()


def build(
    settings: ServiceSettings,
    routers: list[APIRouter],
    start: Start,
    errors: Mapping[type[Exception], tuple[int, str]],
    public: bool = False,
) -> FastAPI:
    """An application.

    :param start: makes what the service needs, puts it into app.state and onto the stack that closes it again
    :param errors: the service's own errors and the problems they become
    :param public: whether strangers reach it
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await start(app, stack)
            yield
            if app.state.chassis.preparing is not None:
                app.state.chassis.preparing.cancel()

    app = FastAPI(
        title=settings.service_name,
        docs_url=None,
        redoc_url=None,
        openapi_url=None if public else "/openapi.json",
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        redirect_slashes=False,
    )
    app.state.chassis = State()
    for router in [_operations(public), *routers]:
        app.include_router(router)
    install(app, errors)
    # The envelope refuses what says that it is too large, this one what turns out to be.
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=settings.request_bytes)
    app.add_middleware(Envelope, seconds=settings.request_seconds, size=settings.request_bytes, trusted=not public)
    return app


def prepare(app: FastAPI, work: Prepare) -> None:
    """Do something in the background before the service is ready; if it fails, end the process and say why."""

    async def run() -> None:
        try:
            await work()
        except Exception as error:
            app.state.chassis.failed = True
            # Our own errors are written to be read; those of others may hold data.
            reason = str(error) if isinstance(error, NotReady | SettingsInvalid) else type(error).__name__
            log.exception("start-up failed: %s", reason)
            os.kill(os.getpid(), signal.SIGTERM)

    app.state.chassis.preparing = asyncio.create_task(run())


def _operations(public: bool) -> APIRouter:
    """Probes and metrics, for the kubelet and Prometheus.

    On a public port they exist only for those who ask the pod by its own address, as these two do; the names by which
    customers come lead to nothing.
    """
    router = APIRouter(include_in_schema=False)

    def inside(request: Request) -> None:
        server = request.scope.get("server")
        if public and (server is None or request.headers.get("host") != f"{server[0]}:{server[1]}"):
            raise Problem(404, "not-found", "Not Found")

    @router.get("/livez")
    async def livez(request: Request) -> Response:
        inside(request)
        return JSONResponse({"status": "alive"})

    @router.get("/readyz")
    async def readyz(request: Request) -> Response:
        inside(request)
        try:
            await request.app.state.chassis.ready()
        except NotReady as error:
            log.warning("not ready: %s", error)
            return JSONResponse({"status": "not ready", "reason": str(error)}, 503)
        return JSONResponse({"status": "ready"})

    @router.get("/metrics")
    async def counted(request: Request) -> Response:
        inside(request)
        return await metrics.page()

    return router
