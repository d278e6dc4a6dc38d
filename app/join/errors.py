"""How this door says no: one table from fact to status and heading; a page for people, JSON for the room."""

from http import HTTPStatus

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.domain import errors
from app.join import pages
from app.join.pacing import try_again
from app.services.rooms import RoomClosed

# The first row that fits decides, so the narrow stand before the wide.
TABLE: tuple[tuple[type[Exception], int, str], ...] = (
    (errors.SessionCancelled, 410, "This class was cancelled"),
    (RoomClosed, 410, "The room is closed"),
    (errors.NotFound, 404, "We could not find your class"),
    (RequestValidationError, 404, "There is nothing here"),
    (errors.TooLarge, 413, "That was too much"),
    (errors.InvalidRequest, 400, "That could not be understood"),
    (errors.NotAllowed, 403, "This is not open to you"),
    (errors.UnknownCaller, 403, "This is not open to you"),
    (errors.Conflict, 409, "Something changed meanwhile"),
    (errors.Busy, 503, "The meeting is being prepared"),
    (errors.ProviderUnavailable, 503, "The meeting cannot be reached right now"),
    (errors.OutcomeUnknown, 503, "The meeting cannot be reached right now"),
    (errors.ProviderError, 502, "The meeting cannot be opened"),
)
HTTP_WORDS = {
    404: ("There is nothing here", "Please open the class from your training portal again."),
    405: ("That cannot be done here", "Please open the class from your training portal again."),
}
UNFORESEEN = ("Something went wrong", "It is not your fault. Please try again in a minute.")


def dress(request: Request, exc: Exception) -> Response:
    """The answer for `exc`; nothing of its technical cause is in it."""
    status, heading, message = _words(exc)
    if _asked_by_script(request):
        body = {"error": {"code": status, "message": message}}
        response: Response = JSONResponse(body, status, headers=pages.HEADERS)
    elif isinstance(exc, errors.Busy) and hasattr(request.state, "visit"):
        response = pages.preparing(request, request.state.visit)
    else:
        again = try_again() if status == HTTPStatus.SERVICE_UNAVAILABLE else 0
        response = pages.notice(request, status, heading, message, again)
    if isinstance(exc, HTTPException):
        response.headers.update(exc.headers or {})
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(try_again())
    return response


def _words(exc: Exception) -> tuple[int, str, str]:
    if isinstance(exc, HTTPException):
        return exc.status_code, *HTTP_WORDS.get(exc.status_code, UNFORESEEN)
    for kind, status, heading in TABLE:
        if isinstance(exc, kind):
            return status, heading, getattr(exc, "message", HTTP_WORDS[404][1])
    return 500, *UNFORESEEN


def _asked_by_script(request: Request) -> bool:
    """/join/{token}/room/… and /join/{token}/door are read by the pages' own scripts."""
    parts = request.scope["path"].strip("/").split("/")
    return len(parts) > 2 and parts[-1] in {"door", "enter", "beat", "leave", "present"}
