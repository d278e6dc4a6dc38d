"""Instructors' calendars: what they teach, where it clashes, and when several of them are free."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.db import faculties, instructors, schedules, sessions
from app.db.database import Database
from app.db.instructors import Faculty
from app.db.instructors import Instructor as Instructor
from app.db.schedules import Part, Whose
from app.domain.actor import Actor
from app.domain.calendar import Appointment, Clash, Span, clashes
from app.domain.clock import Clock
from app.domain.errors import InvalidRequest, NotAllowed, SessionNotFound
from app.domain.people import Person, is_email, person_key
from app.domain.permissions import Scope
from app.domain.session import EARLIEST, LATEST
from app.domain.slots import Hours, Participant, Search, free_slots

UPCOMING_AT_MOST, PAST_AT_MOST, WINDOW_AT_MOST = 200, 25, 2000
LONGEST_WINDOW = timedelta(days=400)
TOGETHER_AT_MOST = 20
SELECTABLE = 500
NOBODY = "Say whose calendar: a machine has none of its own."


@dataclass(frozen=True, slots=True)
class Agenda:
    """View Your Sessions. `past`: the latest first; `older`: how many to skip for its next part, if any.
    `clashing`: the ids of those that need the person at the same time as another one."""

    now: tuple[Appointment, ...]
    upcoming: tuple[Appointment, ...]
    past: tuple[Appointment, ...]
    older: int | None
    clashing: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Timetable:
    """One instructor's classes in a window, and where they clash."""

    appointments: tuple[Appointment, ...]
    clashes: tuple[Clash, ...]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One class for the person who looks. `presents`: whether they do; `candidates`: who could, instead of
    one of the `presenters`."""

    appointment: Appointment
    external_id: str
    presents: bool
    presenters: tuple[Person, ...]
    candidates: tuple[Instructor, ...]


class Schedules:
    """Everything here needs `ilt-sessions:view` and shows what that permission reaches, nothing else."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self.clock = db, clock

    async def agenda(self, actor: Actor, skip: int = 0) -> Agenda:
        """The reader's own classes; of the past the part after the latest `skip`."""
        whose, now = whose_of(actor, ""), self.clock()
        past = Part(Span(EARLIEST, now), PAST_AT_MOST + 1, backwards=True, skip=skip)
        async with self._db.read() as tx:
            coming = await schedules.calendar(tx, whose, Part(Span(now, LATEST), UPCOMING_AT_MOST))
            gone = await schedules.calendar(tx, whose, past)
        return Agenda(
            now=tuple(one for one in coming if one.span.starts_at <= now),
            upcoming=tuple(one for one in coming if one.span.starts_at > now),
            past=tuple(one for one in gone[:PAST_AT_MOST] if one.span.ends_at <= now),
            older=skip + PAST_AT_MOST if len(gone) > PAST_AT_MOST else None,
            clashing=_ids(clashes(coming)),
        )

    async def timetable(self, actor: Actor, instructor: str, window: Span) -> Timetable:
        """Who teaches what in the window; an empty `instructor` is the reader. Raises InvalidRequest."""
        if not timedelta(0) < window.ends_at - window.starts_at <= LONGEST_WINDOW:
            raise InvalidRequest(f"Ask for a window of up to {LONGEST_WINDOW.days} days.")
        whose = whose_of(actor, instructor)
        async with self._db.read() as tx:
            found = await schedules.calendar(tx, whose, Part(window, WINDOW_AT_MOST))
        return Timetable(tuple(found), tuple(clashes(found)))

    async def conflicts(self, actor: Actor, instructor: str, window: Span) -> tuple[Clash, ...]:
        """Where this instructor has two classes at once, across all connections of the portal (pain B5)."""
        return (await self.timetable(actor, instructor, window)).clashes

    async def clashing(self, actor: Actor, session_ids: Collection[UUID]) -> dict[UUID, list[str]]:
        """For a list of sessions: which of them have an instructor who is named in another one at the same
        time, and who. A clash with a class beyond the reader's reach is told, that class is not."""
        actor.require(Scope.ILT_SESSIONS_VIEW)
        async with self._db.read() as tx:
            return await schedules.clashing(tx, actor.tenant_id, session_ids)

    async def lesson(self, actor: Actor, session_id: UUID) -> Lesson:
        """One class. Raises SessionNotFound, also beyond the reader's reach."""
        whose = whose_of(actor, "", machines=True)
        async with self._db.read() as tx:
            found = await schedules.find(tx, whose, session_id)
            if found is None:
                raise SessionNotFound
            session = await sessions.get(tx, session_id)
            presenters = await instructors.presenters(tx, session)
            here = Faculty(session.tenant_id, session.connection_id)
            everyone = await faculties.page(tx, here, "", None, SELECTABLE)
        keys = {person.key for person in presenters}
        return Lesson(
            appointment=found,
            external_id=session.external_id,
            presents=actor.person_key in keys,
            presenters=presenters,
            candidates=tuple(one for one in everyone if one.active and one.person.key not in keys),
        )

    async def free(self, actor: Actor, who: Sequence[tuple[str, Hours]], wanted: Search) -> list[Span]:
        """The next times in which all of these instructors are free, counting every class of the portal.

        Raises InvalidRequest; NotAllowed for somebody who does not teach in what the permission reaches,
        since free times tell when somebody is not.
        """
        if not 1 <= len(who) <= TOGETHER_AT_MOST:
            raise InvalidRequest(f"Choose 1 to {TOGETHER_AT_MOST} instructors.")
        participants = []
        async with self._db.read() as tx:
            for email, hours in who:
                whose = whose_of(actor, email)
                if not await schedules.teaches_within(tx, whose):
                    raise NotAllowed("Your permission does not reach the calendar of each of these people.")
                all_of_it = Whose(actor.tenant_id, whose.key)
                found = await schedules.calendar(tx, all_of_it, Part(wanted.window, WINDOW_AT_MOST))
                busy = [one.span for one in found if one.assigned and not one.cancelled]
                participants.append(Participant(hours, busy))
        return free_slots(participants, wanted)


def whose_of(actor: Actor, instructor: str, machines: bool = False) -> Whose:
    """Whose calendar `actor` may read, and how much of it. Raises NotAllowed, InvalidRequest."""
    reach = actor.constraint(Scope.ILT_SESSIONS_VIEW)
    if instructor and not is_email(instructor):
        raise InvalidRequest("The instructor's e-mail address is not one. Write it like name@example.com.")
    key = person_key(instructor) if instructor else actor.person_key
    if key is None and not machines:
        raise InvalidRequest(NOBODY)
    return Whose(actor.tenant_id, key or "", reach, actor.person_key)


def _ids(found: Sequence[Clash]) -> frozenset[UUID]:
    return frozenset(one.session_id for clash in found for one in (clash.first, clash.second))
