"""How this door says no: the JSON of RFC 6749 section 5.2, from one table."""

import re

import structlog
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app.domain.errors import (
    ConnectorError,
    InvalidRequest,
    NotAllowed,
    ScopeNotHeld,
    Throttled,
    TooLarge,
    UnknownCaller,
)

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
CHALLENGE = {"WWW-Authenticate": 'Basic realm="vilt", charset="UTF-8"'}
UNSAID = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")  # what error_description may not hold

log = structlog.get_logger(__name__)


class UnsupportedGrant(InvalidRequest):
    default = "The only grant type is client_credentials."


# The first class that fits: the special ones stand before the general ones.
TABLE: tuple[tuple[type[ConnectorError], int, str], ...] = (
    (Throttled, 429, "invalid_client"),
    (UnknownCaller, 401, "invalid_client"),
    (ScopeNotHeld, 400, "invalid_scope"),
    (NotAllowed, 400, "unauthorized_client"),
    (UnsupportedGrant, 400, "unsupported_grant_type"),
    (TooLarge, 413, "invalid_request"),
    (InvalidRequest, 400, "invalid_request"),
)


def dress(exc: Exception) -> Response:
    """The answer for whatever went wrong here; what nobody foresaw is logged, and nothing of it told."""
    if isinstance(exc, HTTPException):
        return _answer(exc.status_code, "invalid_request", str(exc.detail), dict(exc.headers or {}))
    for kind, status, code in TABLE:
        if isinstance(exc, kind):
            return _answer(status, code, exc.message, _headers(exc))
    log.error("the OAuth door failed", exc_info=exc)
    return _answer(500, "server_error", ConnectorError.default, {})


def _headers(exc: ConnectorError) -> dict[str, str]:
    if isinstance(exc, Throttled):
        return {"Retry-After": str(max(1, round(exc.retry_after.total_seconds())))}
    return CHALLENGE if isinstance(exc, UnknownCaller) else {}


def _answer(status: int, code: str, description: str, headers: dict[str, str]) -> Response:
    body = {"error": code, "error_description": UNSAID.sub("?", description)}
    return JSONResponse(body, status, {**NO_STORE, **headers})
