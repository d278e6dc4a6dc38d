"""Who is in the meeting, told from the event channel's events. Pure: it is handed answers and times.

Events carry no times, so each is stamped with the moment at which its answer came in.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.domain.people import person_key
from app.providers.base import PresenceRow
from app.providers.lync.people import bare
from app.providers.lync.wire import Resource, embedded

_PARTICIPANT = frozenset({"participant", "localParticipant"})


@dataclass(frozen=True, slots=True)
class Event:
    """One event: `of` is the link it is about, `within` the list (lobby, attendees, leaders) it concerns."""

    kind: str
    rel: str
    of: str
    within: str = ""
    resource: Resource | None = None
    failed: bool = False


def events(answer: Resource) -> Iterator[Event]:
    """The events of one answer, in their order; unreadable ones are passed over."""
    for sender in _list(answer.get("sender")):
        for event in _list(sender.get("events")):
            link, within = event.get("link"), event.get("in")
            if isinstance(link, dict) and isinstance(link.get("href"), str):
                rel = str(link.get("rel", ""))
                yield Event(
                    kind=str(event.get("type", "")),
                    rel=rel,
                    of=link["href"],
                    within=str(within.get("rel", "")) if isinstance(within, dict) else "",
                    resource=next(iter(embedded(event, rel)), None),
                    failed=str(event.get("status", "")).lower() == "failure",
                )


def _list(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


@dataclass(slots=True)
class Roster:
    """The people in one sitting. `me` is the watching account; `email_of` names a SIP address's person."""

    me: str
    email_of: Callable[[str], str] = bare
    _known: dict[str, Resource] = field(default_factory=dict)
    _inside: dict[str, PresenceRow] = field(default_factory=dict)

    def unknown(self, happened: Iterable[Event]) -> list[str]:
        """Links of participants that no event has described: read them before `take`."""
        bare_links = (
            e.of for e in happened if e.rel == "participant" and e.kind != "deleted" and not e.resource
        )
        return [link for link in dict.fromkeys(bare_links) if link not in self._known]

    def describe(self, link: str, participant: Resource) -> None:
        self._known[link] = participant

    def take(self, happened: Iterable[Event], at: datetime) -> list[PresenceRow]:
        """The rows that begin (open) or end (closed) by these events."""
        rows = (self._one(event, at) for event in happened if event.rel in _PARTICIPANT)
        return [row for row in rows if row is not None]

    def close(self, at: datetime) -> list[PresenceRow]:
        """Everybody leaves: the watch is over, or broke, and `at` is the last moment that was seen."""
        return [row for link in list(self._inside) if (row := self._leave(link, at)) is not None]

    def _one(self, event: Event, at: datetime) -> PresenceRow | None:
        if event.kind == "deleted":
            # within a list it only means: moved to another list, or out of the lobby
            return None if event.within else self._leave(event.of, at)
        if event.resource:
            self._known[event.of] = {**self._known.get(event.of, {}), **event.resource}
        if event.within == "lobby" or (
            not event.within and self._known.get(event.of, {}).get("inLobby") is True
        ):
            return None
        return self._enter(event, at)

    def _enter(self, event: Event, at: datetime) -> PresenceRow | None:
        person = self._known.get(event.of, {})
        sip = _sip(person)
        if event.of in self._inside or not sip or self._is_me(event, person, sip):
            return None
        row = PresenceRow(self.email_of(sip), at, None, f"roster {event.of} {at.isoformat()}")
        self._inside[event.of] = row
        return row

    def _leave(self, link: str, at: datetime) -> PresenceRow | None:
        row = self._inside.pop(link, None)
        return row and PresenceRow(row.email, row.joined_at, max(at, row.joined_at), row.instance)

    def _is_me(self, event: Event, person: Resource, sip: str) -> bool:
        local = event.rel == "localParticipant" or person.get("local") is True
        return local or person_key(bare(sip)) == person_key(bare(self.me))


def _sip(person: Resource) -> str:
    """The SIP address of somebody who signed in; empty for guests and phones: a typed name proves nobody."""
    uri = person.get("uri")
    if not isinstance(uri, str) or not uri.lower().startswith("sip:") or "@" not in uri:
        return ""
    return "" if person.get("anonymous") is True else uri
