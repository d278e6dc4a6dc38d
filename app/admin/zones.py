"""The reader's time zone: chosen on a page, else told by the browser, else UTC; always named."""

from zoneinfo import ZoneInfo

from fastapi import Request, Response

from app.domain.calendar import zone
from app.domain.errors import InvalidRequest

COOKIE = "vilt-zone"  # static/zone.js writes it, too
A_YEAR = 365 * 24 * 3600
UTC = ZoneInfo("UTC")


def reader_zone(request: Request, chosen: str = "") -> ZoneInfo:
    """Raises InvalidRequest for a `chosen` name that no zone has; a browser's own unknown one is UTC."""
    if chosen:
        return zone(chosen)
    try:
        return zone(request.cookies.get(COOKIE, "").replace("%2F", "/"))
    except InvalidRequest:
        return UTC


def remember(response: Response, chosen: str) -> Response:
    """The next page is in the zone that was chosen."""
    if chosen:
        value = chosen.replace("/", "%2F")
        response.set_cookie(COOKIE, value, max_age=A_YEAR, path="/", samesite="lax")
    return response
