"""Around every request: a correlation id, one access line, the numbers. Pure ASGI, outermost but for main.

The line names the route's template and never the path itself: a launch path holds a person's address.
"""

import re
from time import perf_counter
from typing import Any
from uuid import uuid4

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.telemetry import logs, meters

log = structlog.get_logger()

MOST_CORRELATION_CHARS = 128
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class RequestLog:
    """Wraps an application; adds no header and changes no body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        logs.begin_request(correlation_id_of(scope))
        seen = {"status": 500}

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
            await send(message)

        started = perf_counter()
        with meters.IN_FLIGHT.track_inprogress():
            try:
                await self._app(scope, receive, watch)
            except Exception as exc:
                log.error("the request failed", exc_info=exc)
                raise
            finally:
                _record(scope, seen["status"], perf_counter() - started)


def correlation_id_of(scope: Scope) -> str:
    """The caller's `CorrelationId`, capped and without control characters, else a new one (contract C)."""
    for name, value in scope["headers"]:
        if name.lower() == b"correlationid":
            text = _CONTROLS.sub("", value.decode("utf-8", "replace")).strip()
            return text[:MOST_CORRELATION_CHARS] or str(uuid4())
    return str(uuid4())


def _record(scope: Scope, status: int, seconds: float) -> None:
    route, method = _template(scope), scope["method"] if scope["method"] in _METHODS else "other"
    meters.REQUESTS.labels(route, method, f"{status // 100}xx").inc()
    meters.REQUEST_SECONDS.labels(route).observe(seconds)
    if status == 401:
        meters.AUTH_FAILURES.inc()
    speak = log.debug if route in _QUIET else log.info
    speak("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


def _template(scope: Scope) -> str:
    """`/session/{session_id}/…`, or one word for all that matched nothing, so that labels stay few."""
    route: Any = scope.get("route")
    return str(getattr(route, "path", None) or "unmatched")
