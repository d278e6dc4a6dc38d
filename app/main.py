"""Hangs the HTTP doors on the house: one ASGI application, made by `create_app(settings)`."""

import gc
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.routing import Mount

from app import admin, api, calendar, contract, hooks, join, oauth
from app.contract import DoorRules
from app.domain.clock import Clock
from app.domain.errors import ConnectorError
from app.ops import docs, front, health
from app.ops.refusals import RefusedDeeds
from app.ops.requests import RequestLog
from app.providers.base import Provider
from app.settings import Settings
from app.telemetry import logs
from app.wiring import House, open_house
from app.worker import watching, working

Dress = Callable[[Request, Exception], Response]

TITLE = "vILT connector"
SUMMARY = "The LMS schedules, any meeting provider holds the class."
# FastAPI would send whole paths to whatever the environment names, and a launch path holds an address.
_NONE_OF_ITS_OWN: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}


def create_app(
    settings: Settings | None = None,
    clock: Clock | None = None,
    catalogue: Mapping[str, type[Provider]] | None = None,
) -> FastAPI:
    """The whole service. Reads the environment when no settings are handed in."""
    settings = settings or Settings()
    logs.configure(settings.log_level)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            house = await stack.enter_async_context(open_house(settings, clock, catalogue))
            app.state.house = house
            if settings.worker == "inside":
                await stack.enter_async_context(
                    working(house.jobs, settings.database_url, settings.worker_concurrency)
                )
                await stack.enter_async_context(watching(house.watches))
            _calm_the_collector()
            yield

    app = FastAPI(
        title=TITLE,
        summary=SUMMARY,
        version="1.0.0",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry=_NONE_OF_ITS_OWN,
    )
    _hang_doors(app, settings)
    app.add_middleware(RefusedDeeds)
    app.add_middleware(hooks.First)
    # The LMS comes first: its calls do not walk through the routes and layers of the other doors.
    app.add_middleware(contract.First, door=app.router.default)
    app.add_middleware(RequestLog)
    return app


def _calm_the_collector() -> None:
    """Shorter and rarer pauses: what lives as long as the process is not looked at again, and a request
    leaves little that only the collector could free."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def _hang_doors(app: FastAPI, settings: Settings) -> None:
    async def obstacle() -> str | None:
        house: House = app.state.house
        return await house.obstacle()

    app.include_router(health.router(obstacle))
    app.include_router(docs.router())
    app.router.routes.append(front.door)
    app.include_router(oauth.router)
    app.include_router(join.router)
    app.router.routes.append(Mount(join.STATIC_PATH, join.assets))
    app.state.look = join.asset
    app.router.routes.append(Mount(admin.STATIC_PATH, admin.assets))
    app.include_router(admin.router)
    app.include_router(calendar.router)
    app.include_router(api.router)
    app.router.default = contract.door(
        DoorRules(settings.max_body_bytes, settings.errors_as_500, settings.allowed_networks)
    )
    for kind in (ConnectorError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, _dress)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]


# The contract dresses its own errors; the other doors are told apart by their paths.
_DRESSES: tuple[tuple[str, Dress], ...] = (
    ("/join/", join.dress),
    ("/admin", admin.dress),
    ("/calendar/", calendar.dress),
    ("/api/", api.dress),
    ("/oauth2/", lambda _request, exc: oauth.dress(exc)),
    ("/.well-known/", lambda _request, exc: oauth.dress(exc)),
)


async def _dress(request: Request, exc: Exception) -> Response:
    for prefix, dress in _DRESSES:
        if request.scope["path"].startswith(prefix):
            return dress(request, exc)
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    return JSONResponse({"status": "unavailable", "reason": "This cannot be answered."}, status)


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of every door, the contract's included."""
    return get_openapi(
        title=app.title,
        summary=app.summary,
        version=app.version,
        routes=[*app.routes, *hooks.ROUTES, *contract.ROUTES],
    )
