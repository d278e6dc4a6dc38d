"""Who is asking: a Bearer token, a client's id and secret, or a browser's login. Every route declares it."""

import hmac
from base64 import b64decode
from typing import Annotated, Any, Literal

from fastapi import Depends, Request, Response

from app.domain.actor import Actor
from app.domain.errors import NotAllowed, UnknownCaller
from app.domain.permissions import Scope
from app.services.grants import machine
from app.telemetry import logs
from app.wiring import House

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
MOST_CHARS = 8192
TOKEN_HEADER = "X-CSRF-Token"  # noqa: S105 (a header's name)
NEEDED = f"A call with the browser's login needs the header {TOKEN_HEADER}."


async def house_of(request: Request) -> House:
    house: House = request.app.state.house
    return house


Inside = Annotated[House, Depends(house_of)]


class _Caller:
    """Whoever is asking. Raises UnknownCaller (Throttled among them) and NotAllowed."""

    declares: Literal["signed in"] = "signed in"

    async def __call__(self, request: Request, response: Response, house: Inside) -> Actor:
        response.headers.update(HEADERS)  # of what a route returns without building a response by itself
        address = request.client.host if request.client else ""
        header = request.headers.get("authorization")
        actor = await (
            _browser(request, house, address) if header is None else _machine(house, header, address)
        )
        request.state.actor = actor
        logs.also(actor=actor.kind, tenant=str(actor.tenant_id))
        return actor


class _Anyone:
    """A route that needs nobody."""

    declares: Literal["anyone"] = "anyone"

    async def __call__(self) -> None:
        return None


Signed = Annotated[Actor, Depends(_Caller())]
ANYONE = Depends(_Anyone())


class Need:
    """A route behind one permission. Raises UnknownCaller; NotAllowed, naming it."""

    def __init__(self, scope: Scope) -> None:
        self.declares = scope

    async def __call__(self, actor: Signed) -> Actor:
        actor.require(self.declares)
        return actor


def need(scope: Scope) -> Any:
    """`actor: Annotated[Actor, need(Scope.X)]`: only for whoever has that permission."""
    return Depends(Need(scope))


async def _machine(house: House, header: str, address: str) -> Actor:
    scheme, _, rest = header.partition(" ")
    if len(header) > MOST_CHARS:
        raise UnknownCaller
    if scheme.lower() == "bearer":
        token = _printable(rest.strip())
        if house.outside.is_of_issuer(token):
            return await house.outside.actor(token, address)
        return machine(await house.access.bearer(token, address), address)
    if scheme.lower() == "basic":
        client_id, secret = _pair(rest.strip())
        return machine(await house.access.basic(client_id, secret, address), address)
    raise UnknownCaller("Use a Bearer token, or HTTP Basic with a client's id and secret.")


async def _browser(request: Request, house: House, address: str) -> Actor:
    """A page's own script: the cookie, and for whatever changes something the token of that login's pages."""
    secret = request.cookies.get(house.logins.cookie_name, "")
    login = await house.logins.find(secret, address) if secret else None
    if login is None:
        raise UnknownCaller("Sign in: with a Bearer token, with HTTP Basic, or in the browser.")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise NotAllowed("A page of another site asked for this.")
    shown = request.headers.get(TOKEN_HEADER, "")
    if request.method != "GET" and not hmac.compare_digest(shown.encode(), login.form_token.encode()):
        raise NotAllowed(NEEDED)
    return login.actor


def _pair(encoded: str) -> tuple[str, str]:
    try:
        client_id, colon, secret = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError as exc:
        raise UnknownCaller from exc
    if not colon:
        raise UnknownCaller
    return client_id, secret


def _printable(token: str) -> str:
    if not token or not token.isascii() or not token.isprintable():
        raise UnknownCaller
    return token
