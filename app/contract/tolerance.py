"""What real LMSs get slightly wrong is made regular here (contract C): path, correlation id, debug flag.

Pure ASGI. Nothing is ever redirected: a redirected POST may lose its body or its credentials.
"""

import re
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, unquote

from starlette.types import Scope

from app.domain.errors import NotAllowed
from app.telemetry import logs
from app.telemetry.correlation import correlation_id

Network = IPv4Network | IPv6Network
Headers = Mapping[bytes, bytes]

_WORDS = frozenset({"instructor", "session", "user", "url", "attendees", "health"})
# What nearly every launch looks like: nothing in it needs to be made regular.
_REGULAR_LAUNCH = re.compile(rb"/session/[A-Za-z0-9._~-]+/user/[A-Za-z0-9=_~-]+/url")
_KEPT = "%!$&'()*+,;=:@~-._"  # what RFC 3986 lets stand in a path segment


def headers_of(scope: Scope) -> Headers:
    """The request's headers, names in lower case; where one came twice, the first counts."""
    return dict(reversed(scope["headers"]))


def regularise(scope: Scope, headers: Headers) -> None:
    """Give `scope` a regular path (parameters still percent-encoded) and, in its state, the two headers."""
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    scope["path"] = regular_path(raw.partition(b"?")[0], scope.get("root_path", ""))
    scope["root_path"] = ""
    # The main application's own handlers would dress an error before this door could.
    scope.pop("starlette.exception_handlers", None)
    state = scope.setdefault("state", {})
    if not logs.correlation_id():  # nobody before this door looked at the request
        logs.begin_request(correlation_id(headers.get(b"correlationid")))
    state["correlation_id"] = logs.correlation_id()
    state["debug"] = headers.get(b"debug", b"").strip().lower() in {b"true", b"1"}


def regular_path(raw: bytes, root: str = "") -> str:
    """One leading slash, no empty segments, fixed words in lower case.

    The address of a launch is kept as it came, because its base64 may hold `/` and even `//`; so is the
    SessionId, which stands second.
    """
    if not root and _REGULAR_LAUNCH.fullmatch(raw):
        return raw.decode("ascii")
    segments = raw.decode("latin-1").removeprefix(root).split("/")
    filled = [place for place, segment in enumerate(segments) if segment]
    words = [
        segments[place] if number == 1 else _word(segments[place]) for number, place in enumerate(filled)
    ]
    if len(words) >= 4 and (words[0], words[2], words[-1]) == ("session", "user", "url"):
        address = "/".join(segments[filled[2] + 1 : filled[-1]])
        return f"/session/{_quoted(words[1])}/user/{_quoted(address)}/url"
    return "/" + "/".join(_quoted(word) for word in words)


def address_of(scope: Scope) -> str:
    """Where the call comes from; empty when the server does not know (a socket file)."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def require_network(scope: Scope, networks: tuple[Network, ...]) -> None:
    """Raise NotAllowed when there is a list of networks and the caller is in none of them."""
    if networks and not any(_inside(address_of(scope), network) for network in networks):
        raise NotAllowed("This service does not take calls from your network.")


def _inside(address: str, network: Network) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return ip in network


def _word(segment: str) -> str:
    """A fixed word in its one spelling; anything else as it came."""
    word = unquote(segment).lower()
    return word if word in _WORDS else segment


def _quoted(segments: str) -> str:
    return quote(segments.encode("latin-1"), safe=_KEPT + "/")
