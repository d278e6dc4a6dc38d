"""Reading a form strictly (RFC 6749 sections 3.1 and 3.2) and finding the client's credentials."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request

from app.domain.errors import InvalidRequest, TooLarge, UnknownCaller

FORM = "application/x-www-form-urlencoded"
LARGEST_BODY = 16_384
MOST_FIELDS = 50


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who the client says it is. `address`: where the call came from."""

    client_id: str
    secret: str = field(repr=False)
    address: str


async def read_form(request: Request) -> Mapping[str, str]:
    """The form's fields, empty ones left out. Raises InvalidRequest, also for a field that comes twice."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise InvalidRequest(f"The body must be a form: {FORM}.")
    try:
        pairs = parse_qsl(
            (await _body(request)).decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as exc:
        raise InvalidRequest("The form cannot be read.") from exc
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise InvalidRequest("A field must not come twice.")
    return {name: value for name, value in fields.items() if value}


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_BODY:
            raise TooLarge
    return body


def credentials(request: Request, form: Mapping[str, str]) -> Credentials:
    """The client's id and secret, by HTTP Basic or in the form, never by both (RFC 6749 section 2.3)."""
    address = request.client.host if request.client else ""
    header = request.headers.get("authorization")
    if header is None:
        if "client_id" not in form or "client_secret" not in form:
            raise UnknownCaller("The client must say who it is: by HTTP Basic or in the form.")
        return Credentials(form["client_id"], form["client_secret"], address)
    client_id, secret = _basic(header)
    if "client_secret" in form or form.get("client_id", client_id) != client_id:
        raise InvalidRequest("Credentials must come by HTTP Basic or in the form, not by both.")
    return Credentials(client_id, secret, address)


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise UnknownCaller("The client must use HTTP Basic or the form.")
    try:
        raw = b64decode(encoded.strip(), validate=True)
    except ValueError as exc:
        raise UnknownCaller from exc
    client_id, colon, secret = raw.decode("utf-8", "replace").partition(":")
    if not colon:
        raise UnknownCaller
    # Encoded once more by the letter of section 2.3.1, which half of the clients forget. Our own ids and
    # secrets hold no % and no +, so decoding does no harm to those that were not encoded.
    return unquote_plus(client_id), unquote_plus(secret)
