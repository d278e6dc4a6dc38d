"""The pages of the join door, drawn by Jinja2 with everything escaped, and the headers that they all wear."""

from datetime import UTC, datetime
from http import HTTPStatus
from math import ceil
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.domain.people import Role
from app.join.assets import asset
from app.join.pacing import next_look, seconds_until_open
from app.join.visitors import CONFIRMED
from app.services.launches import Door, Visit
from app.services.rooms import BEAT_EVERY

HEADERS = {
    # The link is a person's own key: it must not travel on as a referrer, nor stay in a cache.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; worker-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def long_date(moment: datetime) -> str:
    """As a reader without JavaScript sees it: in UTC, and saying so."""
    utc = moment.astimezone(UTC)
    return f"{utc:%A} {utc.day} {utc:%B %Y, %H:%M} UTC"


_jinja = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_jinja.filters["long_date"] = long_date
_jinja.filters["iso"] = lambda moment: f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
_jinja.globals["asset"] = asset


def waiting(request: Request, visit: Visit, now: datetime) -> HTMLResponse:
    """Not yet: the countdown, or the message that the meeting is being prepared. It goes on by itself."""
    return _waiting(request, visit, now, HTTPStatus.OK)


def preparing(request: Request, visit: Visit) -> HTMLResponse:
    """The same page for a door that was open, and the meeting behind it not ready after all."""
    return _waiting(request, visit, visit.opens_at, HTTPStatus.SERVICE_UNAVAILABLE)


def room(request: Request, visit: Visit) -> HTMLResponse:
    """The practice room, entered by pressing Join."""
    content = {
        "visit": visit,
        "instructing": visit.role is Role.INSTRUCTOR,
        "beat_every": int(BEAT_EVERY.total_seconds()),
    }
    return _page(request, "room.html", content, HTTPStatus.OK)


def threshold(request: Request, visit: Visit) -> HTMLResponse:
    """For a program that only looks: the class, and a link that a person can press."""
    return _page(request, "threshold.html", {"visit": visit, "onward": f"?{CONFIRMED}=yes"}, HTTPStatus.OK)


def closed(request: Request, visit: Visit) -> HTMLResponse:
    """Cancelled or over."""
    return _page(request, "closed.html", {"visit": visit, "cancelled": visit.door is Door.CANCELLED}, 410)


def notice(request: Request, status: int, heading: str, message: str, again: int = 0) -> HTMLResponse:
    """A kind page for something that went wrong; it tries `again` after so many seconds, 0 for never."""
    content = {"heading": heading, "message": message, "refresh": again}
    return _page(request, "notice.html", content, status)


def _waiting(request: Request, visit: Visit, now: datetime, status: int) -> HTMLResponse:
    again = next_look(visit, now)
    content = {
        "visit": visit,
        "preparing": visit.door is not Door.WAITING,
        "seconds": f"{seconds_until_open(visit, now):.1f}",
        "again_in": f"{again:.1f}",
        "refresh": ceil(again),
    }
    return _page(request, "waiting.html", content, status)


def _page(request: Request, template: str, content: dict[str, Any], status: int) -> HTMLResponse:
    html = _jinja.get_template(template).render(up=_way_up(request), **content)
    return HTMLResponse(html, status, headers=HEADERS)


def _way_up(request: Request) -> str:
    """From the page's address to the root, relative: right behind any proxy, under any prefix."""
    path: str = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    return "../" * (path.count("/") - 1)
