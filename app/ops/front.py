"""The address itself, opened in a browser: where to go from here. To everybody else it is the contract's."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

PAGE = (Path(__file__).parent / "pages" / "front.html").read_text("utf-8")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept",
}


class FrontDoor(Route):
    """Matches only what asks for a page: an LMS that calls `/` is answered in the envelope (contract C)."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        wants_page = any(
            b"text/html" in value for name, value in scope.get("headers", ()) if name == b"accept"
        )
        return super().matches(scope) if wants_page else (Match.NONE, {})


async def front(_request: Request) -> Response:
    return HTMLResponse(PAGE, headers=HEADERS)


door = FrontDoor("/", front, methods=["GET"], include_in_schema=False)
