"""How this door says no: one table from fact to status and heading; signed out, to the login page."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app.admin.pages import page, see_other
from app.admin.signed import SignedOut
from app.domain import errors

# The first row that fits decides, so the narrow stand before the wide.
TABLE: tuple[tuple[type[Exception], int, str], ...] = (
    (errors.NotFound, 404, "There is nothing here"),
    (RequestValidationError, 404, "There is nothing here"),
    (errors.TooLarge, 413, "That was too much"),
    (errors.InvalidRequest, 400, "That could not be understood"),
    (errors.NotAllowed, 403, "This is not open to you"),
    (errors.Throttled, 429, "Please wait a minute"),
    (errors.UnknownCaller, 403, "This is not open to you"),
    (errors.Conflict, 409, "Something changed meanwhile"),
    (errors.Busy, 503, "Please try again in a moment"),
    (errors.ProviderUnavailable, 503, "The meeting provider cannot be reached"),
    (errors.OutcomeUnknown, 503, "The meeting provider did not answer"),
    (errors.ProviderError, 502, "The meeting provider could not do this"),
)
HTTP_WORDS = {
    404: ("There is nothing here", "The address is wrong, or what was here is gone."),
    413: ("That was too much", "What was sent is larger than this page takes."),
    405: ("That cannot be done here", "Please go back and try again."),
}
UNFORESEEN = ("Something went wrong", "It is not your fault. Please try again in a minute.")

log = structlog.get_logger(__name__)


def dress(request: Request, exc: Exception) -> Response:
    """The page for `exc`; nothing of its technical cause is in it."""
    if isinstance(exc, SignedOut):
        return _to_login(request)
    status, heading, message = _words(exc)
    request.state.refusal = message
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("the administrators' door failed", exc_info=exc)
    response = page(request, "notice.html", status, heading=heading, message=message)
    response.headers.update(_headers(exc))
    return response


def refused(request: Request, template: str, refusal: errors.ConnectorError, **values: Any) -> Response:
    """A form once more, with the reason above it and the status that fits the reason."""
    request.state.refusal = refusal.message
    response = page(request, template, _words(refusal)[0], refusal=refusal, **values)
    response.headers.update(_headers(refusal))
    return response


def _words(exc: Exception) -> tuple[int, str, str]:
    if isinstance(exc, HTTPException):
        return exc.status_code, *HTTP_WORDS.get(exc.status_code, UNFORESEEN)
    row = next((row for row in TABLE if isinstance(exc, row[0])), None)
    if row is None:
        return 500, *UNFORESEEN
    return row[1], row[2], getattr(exc, "message", HTTP_WORDS[404][1])


def _headers(exc: Exception) -> dict[str, str]:
    if isinstance(exc, errors.Throttled):
        return {"Retry-After": str(max(1, round(exc.retry_after.total_seconds())))}
    return dict(exc.headers or {}) if isinstance(exc, HTTPException) else {}


def _to_login(request: Request) -> Response:
    """And back afterwards, where that can be done without repeating a deed."""
    path = request.scope["path"]
    if request.method != "GET" or path == "/admin/":
        return see_other(request, "/admin/login")
    query = f"?{request.url.query}" if request.url.query else ""
    return see_other(request, f"/admin/login?next={quote(path + query, safe='/')}")
