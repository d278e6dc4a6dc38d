"""POST /hooks/{connection}, and below it, for providers that add a path of their own to an address."""

from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

import orjson
import structlog
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from app.domain import errors
from app.services.hooks import NOT_THERE, Posted
from app.wiring import House

MOST_BYTES = 2_097_152  # the end of a class of thousands lists all of them

log = structlog.get_logger(__name__)


class Refusal(BaseModel):
    """Why it was not taken."""

    error: str


class RawRoute(APIRoute):
    """Hands the request straight to its function and still stands in the OpenAPI document.

    Solving dependencies and serialising would cost more than all of the work. The contract has the same for
    its launches; doors know nothing of each other.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return self.endpoint


router = APIRouter(tags=["Webhooks"], route_class=RawRoute, max_body_size=MOST_BYTES)

_SAYS = {400: "too old", 401: "secret", 404: "no such connection", 413: "too large", 503: "in a moment"}
_DOCUMENTED: dict[str, Any] = {
    "summary": "Presence, told by a provider",
    "status_code": 204,
    "responses": {
        200: {"description": "Taken; the provider's challenge is answered."},
        202: {"description": "Taken, but it makes no sense: set aside for an administrator."},
        **{code: {"model": Refusal, "description": f"Not taken: {why}."} for code, why in _SAYS.items()},
    },
    "openapi_extra": {
        "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
        "security": [],
        "parameters": [
            {"name": "connection_id", "in": "path", "required": True, "schema": {"type": "string"}}
        ],
    },
}


@router.post("/hooks/{connection_id}", operation_id="push", **_DOCUMENTED)
@router.post("/hooks/{connection_id}/{event:path}", operation_id="push_below", **_DOCUMENTED)
async def push(request: Request) -> Response:
    """204: kept, and durable. The same again does no harm. Anything from 500 up: send it again."""
    house: House = request.app.state.house
    address = request.client.host if request.client else ""
    connection_id = _connection(request.path_params["connection_id"])
    post = Posted(connection_id, request.headers, await request.body(), address)
    taken = await house.hooks.take(post)
    if taken.reply:
        return Response(taken.reply, 200)
    return Response(status_code=202 if taken.parked else 204)


def _connection(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise errors.NotFound(NOT_THERE) from None


# The nearest class in an error's ancestry decides; whatever is not here is a 500, and is sent again.
_STATUS: dict[type[BaseException], int] = {
    errors.InvalidRequest: 400,
    errors.UnknownCaller: 401,
    errors.NotFound: 404,
    errors.Busy: 503,
}


def dress(_request: Request, exc: Exception) -> Response:
    """A sentence as JSON, for whoever reads the provider's log."""
    if isinstance(exc, HTTPException):
        return _answer(exc.status_code, str(exc.detail), dict(exc.headers or {}))
    status = next((_STATUS[kind] for kind in type(exc).__mro__ if kind in _STATUS), 500)
    if not isinstance(exc, errors.ConnectorError) or status == 500:
        log.error("the door for providers failed", exc_info=exc)
        return _answer(500, errors.ConnectorError.default, {})
    return _answer(status, exc.message, _headers(exc))


def _headers(exc: errors.ConnectorError) -> dict[str, str]:
    headers = {"WWW-Authenticate": 'Bearer realm="hooks"'} if isinstance(exc, errors.UnknownCaller) else {}
    if isinstance(exc, errors.Throttled):
        headers["Retry-After"] = str(max(1, round(exc.retry_after.total_seconds())))
    return headers


def _answer(status: int, sentence: str, headers: dict[str, str]) -> Response:
    return Response(orjson.dumps({"error": sentence}), status, headers, "application/json")
