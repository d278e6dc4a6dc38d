"""What people and machines that are signed in wanted to change and were refused: into the audit trail.

Pure ASGI, around the pages and the API. The row is written before the answer goes out. It names the route's
template; what the template left open stands in its details, where an erasure reaches it.
"""

from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.actor import Actor
from app.domain.arrivals import Arrival
from app.domain.errors import ConnectorError
from app.wiring import House

DOORS = ("/admin/", "/api/v1/")
LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})


class RefusedDeeds:
    """Wraps an application; changes nothing of its answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in LOOKING or not scope["path"].startswith(DOORS):
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                await _note(scope, state, message["status"])
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception:
            await _note(scope, state, 500)
            raise


async def _note(scope: Scope, state: dict[str, Any], status: int) -> None:
    """`state` holds what the doors found out: who asked (`login`, `actor`), and in `refusal` why not."""
    login, house = state.get("login"), scope["app"].state.house
    actor: Actor | None = login.actor if login else state.get("actor")
    if actor is None or not isinstance(house, House):
        return
    template = getattr(scope.get("route"), "path", "") or "nowhere"
    why = str(state.get("refusal") or ConnectorError.default)
    after: dict[str, Any] = {"status": status, "why": why}
    if about := scope.get("path_params"):
        after["about"] = {name: str(value) for name, value in about.items()}
    subject = f"{scope['method']} {template}"
    await house.refusals.note(actor, Arrival.DEED_REFUSED, subject, after)
