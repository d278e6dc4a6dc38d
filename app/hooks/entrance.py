"""POST /hooks/{connection}, and everything below it: read, handed to the service, answered. Pure ASGI.

Nothing of the framework is on the way: when a large class begins and ends, everybody's coming and going is
told in the same minute, and routes, layers and models would cost more than all of the work.
"""

import orjson
import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain import errors
from app.hooks.documents import ROUTES
from app.services.hooks import Posted
from app.wiring import House

PLACE = "/hooks/"
MOST_BYTES = 2_097_152  # the end of a class of thousands lists all of them

log = structlog.get_logger(__name__)


class First:
    """ASGI middleware that takes what belongs to this door, and leaves the rest to `app`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PLACE):
            await self._app(scope, receive, send)
            return
        scope["route"] = ROUTES[0]  # under whose name it is logged and counted
        try:
            answer = await _answer(scope, receive)
        except Exception as exc:
            answer = dress(exc)
        await answer(scope, receive, send)


_TAKEN, _PARKED = Response(status_code=204), Response(status_code=202)


async def _answer(scope: Scope, receive: Receive) -> Response:
    if scope["method"] != "POST":
        return _refusal(405, "Only POST is taken here.", {"Allow": "POST"})
    house: House = scope["app"].state.house
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.decode("latin-1"), value.decode("latin-1"))
    connection_id = scope["path"].split("/", 3)[2]
    address = scope["client"][0] if scope.get("client") else ""
    body = await _body(receive, headers.get("content-length", ""))
    taken = await house.hooks.take(Posted(connection_id, headers, body, address))
    if taken.reply:
        return Response(taken.reply, 200)
    return _PARKED if taken.parked else _TAKEN


async def _body(receive: Receive, announced: str) -> bytes:
    """The whole of it. Raises TooLarge, ClientDisconnect."""
    if announced.isdecimal() and int(announced[:20]) > MOST_BYTES:
        raise errors.TooLarge
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MOST_BYTES:
            raise errors.TooLarge
    return bytes(body)


# The nearest class in an error's ancestry decides; whatever is not here is a 500, and is sent again.
_STATUS: dict[type[BaseException], int] = {
    errors.TooLarge: 413,
    errors.InvalidRequest: 400,
    errors.UnknownCaller: 401,
    errors.NotFound: 404,
    errors.Busy: 503,
}


def dress(exc: Exception) -> Response:
    """A sentence as JSON, for whoever reads the provider's log."""
    if isinstance(exc, ClientDisconnect):
        return _refusal(400, "The request ended before it was complete.")
    status = next((_STATUS[kind] for kind in type(exc).__mro__ if kind in _STATUS), 500)
    if not isinstance(exc, errors.ConnectorError) or status == 500:
        log.error("the door for providers failed", exc_info=exc)
        return _refusal(500, errors.ConnectorError.default)
    return _refusal(status, exc.message, _headers(exc))


def _headers(exc: errors.ConnectorError) -> dict[str, str]:
    headers = {"WWW-Authenticate": 'Bearer realm="hooks"'} if isinstance(exc, errors.UnknownCaller) else {}
    if isinstance(exc, errors.Throttled):
        headers["Retry-After"] = str(max(1, round(exc.retry_after.total_seconds())))
    return headers


def _refusal(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps({"error": sentence}), status, headers, "application/json")
