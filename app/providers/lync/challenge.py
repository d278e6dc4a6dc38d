"""The server's challenge: where a ticket is had, read in every form in which it is printed. Pure."""

import re
from dataclasses import dataclass

import httpx

from app.providers.lync.wire import absolute

_HREF = re.compile(r'\bhref\s*=\s*"?([^",\s]+)', re.IGNORECASE)
_GRANTS = re.compile(r'\bgrant_type\s*=\s*(?:"([^"]*)"|([^",\s]+))', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Challenge:
    """Where a ticket is had, and by which grants."""

    ticket_url: str
    grants: tuple[str, ...]


def read_challenge(response: httpx.Response) -> Challenge | None:
    """The MsRtcOAuth challenge among the answer's WWW-Authenticate headers, joined or apart; or None."""
    text = ", ".join(response.headers.get_list("www-authenticate"))
    _, scheme, rest = text.partition("MsRtcOAuth") if "MsRtcOAuth" in text else _casefolded(text)
    link, grants = _HREF.search(rest), _GRANTS.search(rest)
    if not scheme or link is None:
        return None
    offered = (grants[1] or grants[2] or "") if grants else ""
    names = tuple(name.strip() for name in offered.split(",") if name.strip())
    return Challenge(absolute(str(response.request.url), link[1]), names)


def _casefolded(text: str) -> tuple[str, str, str]:
    at = text.lower().find("msrtcoauth")
    return ("", "", "") if at < 0 else (text[:at], text[at : at + 10], text[at + 10 :])
