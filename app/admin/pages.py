"""The pages of this door: drawn by Jinja2 with everything escaped, in one frame, never kept by a browser."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256
from hmac import compare_digest, digest
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.admin import words
from app.admin.assets import asset
from app.admin.forms import NO_FORM
from app.admin.navigation import places_of
from app.services.logins import SignedIn

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    # Not stricter: without a referrer of its own, an older browser cannot say where a form came from.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
SAID = "vilt-said"
Trail = Sequence[tuple[str, str]]

_jinja = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_jinja.filters.update(words.FILTERS)
_jinja.globals["asset"] = asset


def page(
    request: Request, template: str, status: int = HTTPStatus.OK, *, trail: Trail = (), **values: Any
) -> HTMLResponse:
    """A page in the frame. `trail`: (label, path) of the pages above it; `refusal`: a ConnectorError to show.

    Beside `values` a template has `login`, `actor`, `form` (to refill fields), `up` (write links as
    `{{ up }}admin/…`), `here`, `asset(name)` and the macros of `parts.html`.
    """
    login: SignedIn | None = getattr(request.state, "login", None)
    news = _news(request, login)
    shown = {
        "up": way_up(request),
        "here": request.scope["path"],
        "login": login,
        "actor": login and login.actor,
        "places": places_of(login.actor) if login else {},
        "shared": request.app.state.look,
        "trail": trail,
        "news": news,
        "refusal": None,
        "form": NO_FORM,
        **values,
    }
    response = HTMLResponse(_jinja.get_template(template).render(shown), status, headers=HEADERS)
    if SAID in request.cookies:
        response.delete_cookie(SAID, path="/", httponly=True, samesite="lax")
    return response


def confirm(
    request: Request, heading: str, text: str, button: str, *, back: str, trail: Trail = (), **hidden: Any
) -> HTMLResponse:
    """Asks before harm. The form posts to the page's own address, with `hidden` fields (a revision, say)."""
    values: dict[str, Any] = {"heading": heading, "text": text, "button": button}
    return page(request, "confirm.html", trail=trail, back=back, hidden=hidden, **values)


def see_other(request: Request, path: str, said: str = "") -> Response:
    """To another page of this service after a deed; there `said` is shown once."""
    target = way_up(request) + path.removeprefix("/")
    response = RedirectResponse(target, HTTPStatus.SEE_OTHER, headers=HEADERS)
    login: SignedIn | None = getattr(request.state, "login", None)
    return flash(response, login, said) if said and login else response


def flash(response: Response, login: SignedIn, said: str) -> Response:
    """Let the next page say something, once. Bound to the login, so that nobody else can put words there."""
    text = urlsafe_b64encode(said.encode()).decode()
    value = f"{text}.{_mark(login, text)}"
    response.set_cookie(SAID, value, max_age=60, path="/", httponly=True, samesite="lax")
    return response


def way_up(request: Request) -> str:
    """From the page's address to the root, relative: right behind any proxy, under any prefix."""
    path: str = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    return "../" * (path.count("/") - 1) or "./"


def _news(request: Request, login: SignedIn | None) -> str:
    text, _, mark = request.cookies.get(SAID, "").partition(".")
    if not login or not compare_digest(mark.encode(), _mark(login, text).encode()):
        return ""
    return urlsafe_b64decode(text).decode()


def _mark(login: SignedIn, text: str) -> str:
    return digest(login.form_token.encode(), text.encode(), sha256).hex()
