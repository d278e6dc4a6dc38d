"""GET /calendar/{token}.ics: the whole calendar, or 304 for a program that has it already."""

import hashlib

import structlog
from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from app.calendar.writing import written
from app.domain.errors import ConnectorError, NotFound
from app.wiring import House

MEDIA_TYPE = "text/calendar; charset=utf-8"
HEADERS = {
    # Private: an address is one person's. A calendar asks anew each time, and mostly hears 304.
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}

log = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False)


@router.api_route("/calendar/{token}.ics", methods=["GET", "HEAD"])
async def calendar(request: Request, token: str) -> Response:
    house: House = request.app.state.house
    body = written(await house.feeds.read(token))
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**HEADERS, "ETag": tag}
    if _has_it(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="classes.ics"'
    return Response(body, media_type=MEDIA_TYPE, headers=headers)


def dress(_request: Request, exc: Exception) -> Response:
    """A short text: programs read here, and people see it only by mistake."""
    if isinstance(exc, HTTPException):
        return Response(status_code=exc.status_code, headers={**HEADERS, **(exc.headers or {})})
    if isinstance(exc, NotFound):
        return Response(exc.message, 404, HEADERS, "text/plain; charset=utf-8")
    log.error("the calendar door failed", exc_info=exc)
    return Response(ConnectorError.default, 500, HEADERS, "text/plain; charset=utf-8")


def _has_it(if_none_match: str, tag: str) -> bool:
    known = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return tag in known or "*" in known
