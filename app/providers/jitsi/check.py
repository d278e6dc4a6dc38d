"""Trying a connection: the public page of the server, and whether a link can be signed for it."""

import re

import httpx

from app.domain.errors import ProviderError
from app.providers.addresses import AddressRefused, NameUnknown
from app.providers.base import CheckReport, CheckStep
from app.providers.http import ProviderHttp
from app.providers.jitsi.config import JitsiSettings

ANSWERS = "The server answers"
IS_JITSI = "It is a Jitsi Meet"

_HOSTS = re.compile(r"\bhosts\s*:\s*\{|\bconfig\.hosts\b")
_DOMAIN = re.compile(r"^\s*(?:domain\s*:|config\.hosts\.domain\s*=)\s*['\"]([^'\"\s]+)['\"]", re.MULTILINE)
_GUESTS = re.compile(r"^\s*(?:anonymousdomain\s*:|config\.hosts\.anonymousdomain\s*=)", re.MULTILINE)
_ALWAYS = (
    "App ID and secret are proven only when somebody joins: open a class and look.",
    "Attendance comes once the server's event_sync sends to the address on this page.",
)


async def check(settings: JitsiSettings, http: ProviderHttp) -> CheckReport:
    """Asks for /config.js, which every browser is given; nothing is stored and nobody joins."""
    try:
        answer = await http.send("GET", f"{settings.address}/config.js")
    except ProviderError as exc:
        return CheckReport((CheckStep(ANSWERS, ok=False, detail=_why(exc)),))
    if answer.status_code != httpx.codes.OK:
        return CheckReport((CheckStep(ANSWERS, ok=False, detail=_status(answer.status_code)),))
    steps = (CheckStep(ANSWERS, ok=True, detail=settings.address),)
    config = answer.text
    if not _HOSTS.search(config):
        told = "Something answers there, but its config.js is not that of Jitsi Meet. Check the address."
        return CheckReport((*steps, CheckStep(IS_JITSI, ok=False, detail=told)))
    facts = {"Rooms": f"{settings.address}/vilt-…", "Tokens are made for": settings.xmpp_domain}
    return CheckReport((*steps, CheckStep(IS_JITSI, ok=True)), facts, (*_warnings(settings, config),))


def _warnings(settings: JitsiSettings, config: str) -> list[str]:
    warnings = list(_ALWAYS)
    named = _DOMAIN.search(config)
    if named and named[1].lower() != settings.xmpp_domain:
        warnings.append(f"The server calls its XMPP domain {named[1]}: if links are refused, enter that.")
    if _GUESTS.search(config):
        warnings.append("The server lets guests in without a token; they are not counted.")
    return warnings


def _why(exc: ProviderError) -> str:
    seen = exc.__cause__
    if isinstance(seen, httpx.HTTPError) and isinstance(seen.__cause__, AddressRefused | NameUnknown):
        seen = seen.__cause__
    if isinstance(seen, AddressRefused):
        return "The address leads into a private network, which this deployment does not call."
    if isinstance(seen, NameUnknown):
        return "The host is not known in the DNS. Check the address."
    if isinstance(seen, httpx.TimeoutException | TimeoutError):
        return "It did not answer in time. Check the address and the firewall."
    return "No secure connection could be made. Check the address and the server's certificate."


def _status(code: int) -> str:
    return f"It answered {code} when asked for /config.js. Enter the address of its front page."
