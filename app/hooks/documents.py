"""The door's addresses in the OpenAPI document. For readers only: nothing here is executed on a request."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel


class Refusal(BaseModel):
    """Why it was not taken."""

    error: str


_NOT_TAKEN = {400: "too old", 401: "the secret is wrong", 404: "no such connection", 413: "too large"}
_ADDRESS: dict[str, Any] = {
    "summary": "Presence, told by a provider",
    "status_code": 204,
    "response_class": Response,
    "responses": {
        200: {"description": "Taken; this is what the provider wants to hear."},
        202: {"description": "Taken, but it makes no sense: set aside for an administrator."},
        **{code: {"model": Refusal, "description": f"Not taken: {why}."} for code, why in _NOT_TAKEN.items()},
        503: {"model": Refusal, "description": "Not taken: send it again in a moment."},
    },
    "openapi_extra": {
        "requestBody": {"required": True, "content": {"application/json": {"schema": {}}}},
        "security": [],
    },
}

_router = APIRouter(tags=["Webhooks"])


@_router.post("/hooks/{connection_id}", operation_id="push", **_ADDRESS)
async def push(connection_id: str) -> None:
    """204: kept, and durable. The same again does no harm. Anything from 500 up: send it again."""


@_router.post("/hooks/{connection_id}/{event}", operation_id="push_event", **_ADDRESS)
async def push_event(connection_id: str, event: str) -> None:
    """The same, for providers that add a path of their own to the address, of any depth."""


ROUTES = _router.routes
