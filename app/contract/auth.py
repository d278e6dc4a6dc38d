"""Credentials to a Caller: HTTP Basic as the LMS sends it, or a Bearer token of our own OAuth server."""

from base64 import b64decode
from binascii import Error as NotBase64

from starlette.requests import Request
from starlette.types import Scope

from app.domain.caller import Caller
from app.domain.errors import UnknownCaller
from app.domain.permissions import Scope as Permission
from app.telemetry import logs
from app.wiring import House

MOST_CHARS = 8192


async def admit(scope: Scope, authorization: bytes, address: str) -> Caller:
    """Who calls from `address`, by the header `authorization` (empty: none). Comes before anything else.

    Raises UnknownCaller (Throttled among them) or NotAllowed.
    """
    if len(authorization) > MOST_CHARS:
        raise UnknownCaller
    access = _house(scope).access
    scheme, _, rest = authorization.strip().partition(b" ")
    match scheme.lower():
        case b"basic":
            client_id, secret = basic_pair(rest.strip())
            caller = await access.basic(client_id, secret, address)
        case b"bearer":
            caller = await access.bearer(bearer_token(rest.strip()), address)
        case _:
            raise UnknownCaller("Please sign in: this call needs a user name and password.")
    logs.also(client=caller.client_id, tenant=str(caller.tenant_id))
    return caller


def caller_of(request: Request, needed: Permission) -> Caller:
    """The caller of this request, who holds `needed`. Raises NotAllowed."""
    caller: Caller = request.scope["state"]["caller"]
    caller.require(needed)
    return caller


def house_of(request: Request) -> House:
    """The parts of the house that a route hands its work to."""
    return _house(request.scope)


def basic_pair(encoded: bytes) -> tuple[str, str]:
    """User name and password, split at the first colon (RFC 7617), UTF-8 or else Latin-1."""
    try:
        raw = b64decode(encoded, validate=True)
    except NotBase64 as exc:
        raise UnknownCaller from exc
    text = _text(raw)
    user, colon, password = text.partition(":")
    # A database that is asked for a name with NUL in it answers with an error, not with "unknown".
    if not colon or not user or "\0" in text:
        raise UnknownCaller
    return user, password


def bearer_token(raw: bytes) -> str:
    """A token is printable ASCII; anything else is nobody's."""
    if not raw or not raw.isascii() or not raw.decode("ascii").isprintable():
        raise UnknownCaller
    return raw.decode("ascii")


def _house(scope: Scope) -> House:
    house: House = scope["app"].state.house
    return house


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
