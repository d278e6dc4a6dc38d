"""The way in: a regular path, networks, credentials, then the route; every answer in its envelope."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from app.contract import attendance, health, instructors, launches, sessions
from app.contract.auth import admit
from app.contract.body import CappedBody
from app.contract.envelope import WrongMethod, refusal
from app.contract.tolerance import Headers, address_of, headers_of, regularise, require_network
from app.domain.errors import InvalidRequest, NotFound
from app.telemetry.logs import speak_freely

ROUTES: Sequence[BaseRoute] = (
    *launches.router.routes,  # first: when a class starts, everybody comes for this one
    *instructors.router.routes,
    *sessions.router.routes,
    *attendance.router.routes,
    *health.router.routes,
)


@dataclass(frozen=True, slots=True)
class DoorRules:
    """What an operator may set: bytes in a body, HTTP 500 for all errors, who may call (empty: anybody)."""

    max_body_bytes: int = 262_144
    errors_as_500: bool = False
    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()


def door(rules: DoorRules) -> ASGIApp:
    """The contract as one ASGI application. It finds the house at `scope["app"].state.house`."""

    async def contract(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await _refuse_websocket(scope, receive, send)
            return
        headers = headers_of(scope)
        regularise(scope, headers)
        body = CappedBody(receive, headers, rules.max_body_bytes)
        try:
            require_network(scope, rules.allowed_networks)
            if not health.is_asked(scope):
                await _identify(scope, headers)
            await _dispatch(scope, body, send)
        except Exception as exc:
            await body.drain()
            await refusal(scope, exc, always_500=rules.errors_as_500)(scope, receive, send)

    return contract


class First:
    """ASGI middleware that takes what can only be the contract's straight to `door`."""

    def __init__(self, app: ASGIApp, door: ASGIApp) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")  # the lifespan has none
        ours = path.startswith("/session/") or path in ("/session", "/instructor")
        await (self._door if ours and scope["type"] == "http" else self._app)(scope, receive, send)


async def _identify(scope: Scope, headers: Headers) -> None:
    scope["state"]["caller"] = await admit(scope, headers.get(b"authorization", b""), address_of(scope))
    if scope["state"]["debug"]:  # only for those who are known: anybody could fill the log otherwise
        speak_freely()


async def _dispatch(scope: Scope, receive: Receive, send: Send) -> None:
    """The router's own dispatch names the methods of one route only in `Allow`, and may redirect."""
    allowed: set[str] = set()
    for route in ROUTES:
        match, child = route.matches(scope)
        if match is Match.FULL:
            scope.update(child)
            await route.handle(scope, receive, send)
            return
        if match is Match.PARTIAL:
            allowed |= getattr(route, "methods", None) or set()
    raise WrongMethod(allowed) if allowed else NotFound("There is nothing at this address.")


async def _refuse_websocket(scope: Scope, receive: Receive, send: Send) -> None:
    """A request with an Upgrade header gets an envelope too, where the server can send one."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1003})
        return
    regularise(scope, headers_of(scope))
    await refusal(scope, InvalidRequest("This address does not take a WebSocket."))(scope, receive, send)
