"""A calendar in RFC 5545 words: the same UID for ever, SEQUENCE with every change, times in UTC (pain B23).

What is written depends on the classes alone and not on the moment of asking, so that an unchanged calendar
has an unchanged ETag; therefore DTSTAMP is, as it may be, the moment of the last revision.
"""

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from app.domain.calendar import Appointment
from app.services.feeds import Calendar

if TYPE_CHECKING:
    from icalendar import Event

AGAIN = timedelta(hours=1)
LONGEST_TITLE, LONGEST_TEXT = 300, 2000
PRODUCT = "-//vILT connector//Classes//EN"

_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
# A person's own link that somebody pasted into a class's text would let in everybody who reads it.
_JOIN_LINK = re.compile(r"\S*/join/\S+", re.IGNORECASE)


def written(calendar: Calendar) -> bytes:
    """The whole document, folded, with CRLF."""
    from icalendar import Calendar as Document  # noqa: PLC0415 - three megabytes, for who reads a calendar

    document = Document()
    document.add("prodid", PRODUCT)
    document.add("version", "2.0")
    document.add("calscale", "GREGORIAN")
    document.add("method", "PUBLISH")
    name = _clean(f"Classes of {calendar.owner}", LONGEST_TITLE)
    document.add("name", name)
    document.add("x-wr-calname", name)
    document.add("refresh-interval", AGAIN, parameters={"VALUE": "DURATION"})
    document.add("x-published-ttl", "PT1H")  # the same for programs older than RFC 7986
    for appointment in calendar.appointments:
        document.add_component(_event(appointment, calendar.page(appointment)))
    text: bytes = document.to_ical(sorted=False)
    return text


def _event(one: Appointment, page: str) -> "Event":
    from icalendar import Event  # noqa: PLC0415 - see above

    event = Event()
    event.add("uid", f"session-{one.session_id}")
    event.add("sequence", one.revision)
    event.add("dtstamp", one.changed_at)
    event.add("last-modified", one.changed_at)
    event.add("created", one.created_at)
    event.add("dtstart", one.span.starts_at)
    event.add("dtend", one.span.ends_at)
    event.add("status", "CANCELLED" if one.cancelled else "CONFIRMED")
    event.add("transp", "OPAQUE" if one.assigned and not one.cancelled else "TRANSPARENT")
    event.add("summary", _clean(one.title, LONGEST_TITLE) or "Class")
    event.add("location", _clean(one.vendor, LONGEST_TITLE))
    event.add("description", _description(one, page))
    event.add("url", page)
    return event


def _description(one: Appointment, page: str) -> str:
    parts = [_clean(one.description, LONGEST_TEXT)]
    if not one.assigned and not one.cancelled:
        parts.append("Nobody is named for this class: any instructor of this vendor may present.")
    parts.append(f"Launch and roster: {page}")
    return "\n\n".join(part for part in parts if part)


def _clean(text: str, longest: int) -> str:
    """One kind of line break, no control characters, no personal links, and an end."""
    text = _CONTROLS.sub("", _BREAKS.sub("\n", text))
    text = _JOIN_LINK.sub("(link removed)", text).strip()
    return text if len(text) <= longest else text[: longest - 1] + "…"
