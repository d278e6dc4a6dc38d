"""Trying a connection for real, step by step: the first step that fails says what to do and ends the list."""

from app.domain.errors import ProviderError
from app.providers.base import CheckReport, CheckStep
from app.providers.http import ProviderHttp
from app.providers.lync.application import Application
from app.providers.lync.config import Attendance, LyncSettings
from app.providers.lync.errors import advice_of
from app.providers.lync.offer import Offer, offer_of
from app.providers.lync.people import bare
from app.providers.lync.ucwa import Ucwa
from app.providers.tickets import MemoryTickets

UNDERSTOOD = "The API endpoint is understood"
DISCOVERED = "The server was found"
SIGNED_IN = "The account signed in"
MAY_SCHEDULE = "The account may schedule meetings"

_SOURCES = {
    Attendance.OPENED: "who opened the link",
    Attendance.LIVE_ROSTER: "live roster: the account joins the class",
    Attendance.CDR_IMPORT: "import from the monitoring database",
}


async def check(settings: LyncSettings, http: ProviderHttp) -> CheckReport:
    """Nothing is stored, no meeting is made; an application of its own is signed in and out again."""
    own = http.beside(MemoryTickets())  # the password itself is tried, not a ticket that somebody holds
    ucwa = Ucwa(settings, own, purpose="check")
    steps = [
        CheckStep(UNDERSTOOD, ok=True, detail=f"Asked in turn: {', '.join(settings.endpoint.candidates)}")
    ]
    name = DISCOVERED
    try:
        found = await ucwa.discovery.root()
        steps.append(CheckStep(name, ok=True, detail=found.server or found.asked))
        name = SIGNED_IN
        application = await ucwa.open()
        steps.append(
            CheckStep(name, ok=True, detail=f"as {bare(application.organizer) or settings.username}")
        )
        name = MAY_SCHEDULE
        application.require("myOnlineMeetings", "onlineMeetings", "schedule meetings")
        offer = await offer_of(application)
        steps.append(CheckStep(name, ok=True))
        return CheckReport(tuple(steps), _facts(settings, application, offer), _warnings(settings, offer))
    except ProviderError as exc:
        return CheckReport((*steps, CheckStep(name, ok=False, detail=advice_of(exc))))
    finally:
        await ucwa.aclose()
        await own.aclose()


def _facts(settings: LyncSettings, application: Application, offer: Offer) -> dict[str, str]:
    facts = {
        "Server": application.found.server or "did not give its name",
        "Discovery address": application.found.asked,
        "Organizer of the meetings": bare(application.organizer) or settings.username,
        "Access levels allowed": ", ".join(offer.values("accessLevel")) or "the server does not tell",
        "Directory search": "allowed"
        if application.link("search", "people")
        else "not allowed: people are accepted",
        "Attendance": _SOURCES[settings.attendance],
    }
    if name := str(application.me.get("name") or ""):
        facts["Account's name"] = name
    return facts


def _warnings(settings: LyncSettings, offer: Offer) -> tuple[str, ...]:
    warnings = ["The account's name shows in the address of the web client."]
    fitted, changed = offer.fit({"accessLevel": settings.access_level.value})
    warnings += changed
    if fitted["accessLevel"] != "Everyone":
        warnings.append(
            "Learners from outside the organisation wait in the lobby until a presenter admits them."
        )
    if settings.attendance is Attendance.LIVE_ROSTER:
        warnings.append("The account is seen in the class while it watches who is there.")
    return tuple(warnings)
