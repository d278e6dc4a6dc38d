"""Alive and ready: two questions that an orchestrator asks, and the numbers that a monitor collects."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field

from app.telemetry import meters

log = structlog.get_logger()

# Why the service cannot serve, in words fit for anyone, or None when it can.
Obstacle = Callable[[], Awaitable[str | None]]


class Health(BaseModel):
    """Whether this process works; `reason` only when it does not."""

    status: Literal["ok", "unavailable"]
    reason: Annotated[str | None, Field(examples=["The database does not answer."])] = None


def router(obstacle: Obstacle) -> APIRouter:
    """`/healthz`, `/readyz` and `/metrics`; `obstacle` looks at the database each time."""
    door = APIRouter(tags=["Operation"])

    @door.get(
        "/healthz", operation_id="healthz", summary="Is the process alive?", response_model_exclude_none=True
    )
    async def healthz() -> Health:
        return Health(status="ok")

    @door.get(
        "/readyz",
        operation_id="readyz",
        summary="Can it serve?",
        response_model_exclude_none=True,
        responses={503: {"model": Health, "description": "Not now; the reason says why."}},
    )
    async def readyz(response: Response) -> Health:
        reason = await obstacle()
        if reason is None:
            return Health(status="ok")
        log.warning("not ready", reason=reason)
        response.status_code = 503
        return Health(status="unavailable", reason=reason)

    @door.get(
        "/metrics",
        operation_id="metrics",
        summary="Numbers for Prometheus",
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}}},
    )
    async def metrics() -> Response:
        return Response(meters.exposition(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return door
