"""Hangs the HTTP doors on the house: one ASGI application, made by `create_app(settings)`."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from fastapi import FastAPI, Request, Response

from app import contract, join, oauth, ops
from app.domain.clock import Clock, utc_now
from app.settings import Settings
from app.telemetry import logs
from app.wiring import open_house


def create_app(settings: Settings | None = None, clock: Clock = utc_now) -> FastAPI:
    """The whole service. Reads the environment when no settings are handed in."""
    settings = settings or Settings()
    logs.configure(settings.log_level)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            app.state.house = await stack.enter_async_context(open_house(settings, clock))
            upkeep = asyncio.create_task(app.state.house.upkeep.run())
            gc.collect()
            gc.freeze()  # what lives as long as the process is not looked at again: shorter pauses
            yield
            upkeep.cancel()
            with suppress(asyncio.CancelledError):
                await upkeep

    app = FastAPI(
        title="vILT connector",
        version="1.0.0",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    return app
