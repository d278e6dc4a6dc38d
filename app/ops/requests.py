"""Around every request: a correlation id, one access line, the numbers. Pure ASGI, outermost but for main.

The line names the route's template and never the path itself: a launch path holds a person's address.
"""

from time import perf_counter
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.telemetry import logs, meters
from app.telemetry.correlation import correlation_id

log = structlog.get_logger()

_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


class RequestLog:
    """Wraps an application; adds no header and changes no body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"correlationid"), None)
        logs.begin_request(correlation_id(given))
        status = 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        started = perf_counter()
        meters.IN_FLIGHT.inc()
        try:
            await self._app(scope, receive, watch)
        except Exception as exc:
            log.error("the request failed", exc_info=exc)
            raise
        finally:
            meters.IN_FLIGHT.dec()
            _record(scope, status, perf_counter() - started)


def _record(scope: Scope, status: int, seconds: float) -> None:
    route, method = _template(scope), scope["method"] if scope["method"] in _METHODS else "other"
    meters.answered(route, method, status // 100, seconds)
    if status == 401:
        meters.AUTH_FAILURES.inc()
    line = {"event": "request", "method": method, "route": route, "status": status}
    line["ms"] = round(seconds * 1000, 1)
    if route in _QUIET:
        log.debug(**line)
    else:
        logs.access(line)


def _template(scope: Scope) -> str:
    """`/session/{session_id}/…`, or one word for all that matched nothing, so that labels stay few."""
    route: Any = scope.get("route")
    return str(getattr(route, "path", None) or "unmatched")
