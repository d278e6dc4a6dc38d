"""Attendees over many classes: the lines of their rosters one after the other, as far as admitted."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app.db import admission, session_lists
from app.db.database import Database
from app.db.session_lists import Listed, Place, Wanted
from app.domain.actor import Actor
from app.domain.errors import InvalidRequest
from app.domain.people import is_email, person_key
from app.domain.permissions import Scope
from app.services.rosters import Line, Roster, Rosters

AT_ONCE = 20  # classes that are looked for in one query


@dataclass(frozen=True, slots=True)
class Sought:
    """Whose attendance (an address; empty: everybody's), in which class, of classes that begin when."""

    person: str = ""
    session_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    newest_first: bool = False


@dataclass(frozen=True, slots=True)
class Attendee:
    """One line of one roster."""

    roster: Roster
    line: Line


@dataclass(frozen=True, slots=True)
class Behind:
    """The last line that was seen: its class's place in the list, and its person key."""

    place: Place
    key: str


class Attendees:
    """Reads only; needs `ilt-roster:view`, and shows what that reaches."""

    def __init__(self, db: Database, rosters: Rosters) -> None:
        self._db, self._rosters = db, rosters

    async def page(self, actor: Actor, sought: Sought, after: Behind | None, limit: int) -> list[Attendee]:
        """The next lines behind `after`: by the beginning of the class, then by address."""
        wanted = _wanted(sought)
        found: list[Attendee] = []
        if after is not None and wanted.session_id in (None, after.place[1]):
            same = await self._classes(actor, replace(wanted, session_id=after.place[1]), None)
            found = [one for one in await self._lines(same, wanted) if one.line.key > after.key]
        place = None if after is None else after.place
        while len(found) < limit:
            classes = await self._classes(actor, wanted, place)
            for listed in classes:
                found += await self._lines([listed], wanted)
                if len(found) >= limit:
                    break
            if len(classes) < AT_ONCE:
                break
            place = classes[-1].place
        return found[:limit]

    async def _classes(self, actor: Actor, wanted: Wanted, after: Place | None) -> list[Listed]:
        constraint = actor.constraint(Scope.ILT_ROSTER_VIEW)
        async with self._db.read() as tx:
            reach = await admission.resolve(tx, actor.tenant_id, constraint, actor.person_key)
            return await session_lists.page(tx, actor.tenant_id, reach, wanted, after, AT_ONCE)

    async def _lines(self, classes: list[Listed], wanted: Wanted) -> list[Attendee]:
        rosters = [await self._rosters.of(listed) for listed in classes]
        every = [Attendee(roster, line) for roster in rosters for line in roster.lines]
        return [one for one in every if wanted.attended_by in ("", one.line.key)]


def _wanted(sought: Sought) -> Wanted:
    """Classes of which something is known. Raises InvalidRequest."""
    if sought.person and not is_email(sought.person):
        raise InvalidRequest("The person's e-mail address is not one. Write it like name@example.com.")
    return Wanted(
        since=sought.since,
        until=sought.until,
        newest_first=sought.newest_first,
        session_id=sought.session_id,
        attended_by=person_key(sought.person),
    )
