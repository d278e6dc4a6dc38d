"""How this door says no: problem details (RFC 9457), from one table."""

from http import HTTPStatus
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app.api.callers import ANYONE, HEADERS
from app.domain import errors

MEDIA_TYPE = "application/problem+json"
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="vilt"'}


class Fault(BaseModel):
    """One wrong field. `pointer` is a JSON pointer (RFC 6901) into the body, or the parameter's name."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """RFC 9457. `type` is stable and for machines, `detail` for people."""

    type: str = Field(examples=["urn:vilt:problem:not-allowed"])
    title: str
    status: int
    detail: str
    errors: list[Fault] | None = None
    steps: list[dict[str, Any]] | None = Field(default=None, description="What was tried; the last failed.")


def _schema() -> dict[str, Any]:
    """In one piece: what is not among an operation's models has no place of its own in the document."""
    schema = Problem.model_json_schema()
    schema["properties"]["errors"] = {"type": "array", "items": schema.pop("$defs")["Fault"]}
    return schema


_REFUSAL = {"content": {MEDIA_TYPE: {"schema": _schema()}}}
REFUSALS: dict[int | str, dict[str, Any]] = {
    422: {"description": "Invalid fields.", **_REFUSAL},
    "default": {"description": "A refusal.", **_REFUSAL},
}


class PreconditionMissing(errors.InvalidRequest):
    """An edit that does not say what it is based on."""

    default = "Say what this change is based on: send If-Match with the ETag that you read."


# The first row that fits decides, so the narrow stand before the wide.
TABLE: tuple[tuple[type[Exception], int, str, str], ...] = (
    (errors.Throttled, 429, "throttled", "Too many failed attempts"),
    (errors.UnknownCaller, 401, "unknown-caller", "Not signed in"),
    (errors.NotAllowed, 403, "not-allowed", "Not allowed"),
    (errors.NotFound, 404, "not-found", "Not found"),
    (errors.TooLarge, 413, "too-large", "Too large"),
    (PreconditionMissing, 428, "precondition-missing", "If-Match is missing"),
    (errors.InvalidSettings, 422, "invalid-fields", "Invalid fields"),
    (errors.TriedAndFailed, 422, "tried-and-failed", "The connection does not work"),
    (errors.InvalidRequest, 400, "invalid-request", "Invalid request"),
    (errors.Stale, 412, "stale", "Changed by somebody else"),
    (errors.Conflict, 409, "conflict", "Conflict"),
    (errors.Busy, 503, "busy", "Busy"),
    (errors.ProviderUnavailable, 503, "provider-unavailable", "The meeting provider cannot be reached"),
    (errors.OutcomeUnknown, 504, "outcome-unknown", "The meeting provider did not answer"),
    (errors.ProviderError, 502, "provider-refused", "The meeting provider could not do this"),
)
AGAIN_AFTER = 5  # seconds, where nothing better is known

log = structlog.get_logger(__name__)
elsewhere = APIRouter(prefix="/api/v1", include_in_schema=False)  # what no other route of this door took


@elsewhere.api_route(
    "/{anything:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], dependencies=[ANYONE]
)
async def nothing_here(anything: str) -> Response:
    raise errors.NotFound("There is nothing at this address.")


def dress(request: Request, exc: Exception) -> Response:
    """The answer for `exc`; nothing of its technical cause is in it."""
    request.state.refusal = getattr(exc, "message", type(exc).__name__)
    if isinstance(exc, RequestValidationError):
        return _invalid(exc)
    if isinstance(exc, HTTPException):
        title = HTTPStatus(exc.status_code).phrase
        return _answer(exc.status_code, "http", title, title, dict(exc.headers or {}))
    for kind, status, name, title in TABLE:
        if isinstance(exc, kind):
            detail = getattr(exc, "message", title)
            return _answer(status, name, title, detail, _headers(exc, status), **_more(exc))
    log.error("the API failed", exc_info=exc)
    return _answer(500, "unforeseen", "Something went wrong", errors.ConnectorError.default, {})


def _more(exc: Exception) -> dict[str, Any]:
    """What some refusals say beside their sentence."""
    if isinstance(exc, errors.InvalidSettings):
        return {"faults": [Fault(pointer=name, detail=text) for name, text in exc.fields.items()]}
    if isinstance(exc, errors.TriedAndFailed):
        return {"steps": [{"name": name, "ok": ok, "detail": text} for name, ok, text in exc.steps]}
    return {}


def _invalid(exc: RequestValidationError) -> Response:
    """Which fields are wrong; what was sent is not repeated, it may be a secret."""
    found = [(tuple(error["loc"]), str(error["msg"])) for error in exc.errors()]
    if any(where[:1] == ("path",) for where, _ in found):
        return _answer(404, "not-found", "Not found", "There is nothing at this address.", {})
    faults = [Fault(pointer=_pointer(where), detail=said) for where, said in found]
    detail = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults[:3])
    return _answer(422, "invalid-fields", "Invalid fields", detail, {}, faults)


def _pointer(where: tuple[Any, ...]) -> str:
    """A body that is no JSON at all is named as a whole: the place in the text is no field."""
    if where[:1] != ("body",):
        return str(where[-1])
    return "".join(f"/{part}" for part in where[1:] if isinstance(part, str) or len(where) > 2) or "/"


def _headers(exc: Exception, status: int) -> dict[str, str]:
    if status == HTTPStatus.UNAUTHORIZED:
        return CHALLENGE
    wait = getattr(exc, "retry_after", None)
    if wait is not None:
        return {"Retry-After": str(max(1, round(wait.total_seconds())))}
    return {"Retry-After": str(AGAIN_AFTER)} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}


def _answer(
    status: int,
    name: str,
    title: str,
    detail: str,
    headers: dict[str, str],
    faults: list[Fault] | None = None,
    steps: list[dict[str, Any]] | None = None,
) -> Response:
    kind = f"urn:vilt:problem:{name}"
    problem = Problem(type=kind, title=title, status=status, detail=detail, errors=faults, steps=steps)
    body = problem.model_dump(exclude_none=True)
    return JSONResponse(body, status, {**HEADERS, **headers}, MEDIA_TYPE)
