"""Launches: a person's own link for the LMS, from the database alone; and what happens when it is opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from app.crowd import Together
from app.db import evidence, launches, schedules, sessions
from app.db.database import UNREACHABLE, Database
from app.db.evidence import Observation
from app.db.lane import Lane
from app.db.launches import HeldLink, Wish
from app.db.meetings import Meetings
from app.db.schedules import Whose
from app.domain.actor import Actor
from app.domain.attendance import Evidence, Kind
from app.domain.caller import Caller
from app.domain.clock import Clock
from app.domain.errors import Busy, InvalidRequest, LinkNotValid, SessionCancelled, SessionNotFound
from app.domain.meeting import Meeting, MeetingState
from app.domain.people import Person, Role
from app.domain.permissions import Scope
from app.domain.session import Session, SessionState
from app.providers.purpose import Purpose, purpose
from app.services.connections import Connections
from app.services.links import Links
from app.telemetry import meters


class Door(StrEnum):
    """How the door of a class stands for one person at one moment."""

    WAITING = "waiting"
    OPEN = "open"
    PREPARING = "preparing"  # the provider does not have the meeting yet
    CANCELLED = "cancelled"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who opened a link: who, where, and how the door stands. `hosted`: the class is held here."""

    launch_id: UUID
    person: Person
    role: Role
    session: Session
    door: Door
    opens_at: datetime
    closes_at: datetime
    provider_name: str
    hosted: bool


@dataclass(frozen=True, slots=True)
class DoorHours:
    """How long before and after the class its door is open."""

    early: timedelta
    early_for_instructors: timedelta
    late: timedelta


class Launches:
    """A launch asks no provider; opening a link may."""

    def __init__(
        self,
        db: Database,
        store: Meetings,
        connections: Connections,
        links: Links,
        clock: Clock,
        hours: DoorHours,
    ) -> None:
        self._db, self._store, self._connections = db, store, connections
        self._links, self._clock, self._hours = links, clock, hours
        self._lane = Lane(db, writes=True)
        self._record = Together(self._record_all, UNREACHABLE)

    async def launch(self, caller: Caller, external_id: str, email: str, correlation_id: str) -> str:
        """The person's link; its record is durable before this returns.

        Raises SessionNotFound, SessionCancelled.
        """
        return await self._launch(caller.tenant_id, external_id, email, correlation_id)

    async def _launch(self, tenant_id: UUID, external_id: str, email: str, correlation_id: str) -> str:
        wish = Wish(uuid4(), tenant_id, external_id, email, correlation_id, self._clock())
        role = await self._record.ask(wish)
        if role is None:
            raise await self._why_not(wish)
        meters.LAUNCHES.labels(role).inc()
        return await self._links.make(wish.id)

    async def _why_not(self, wish: Wish) -> SessionNotFound | SessionCancelled:
        async with self._db.read() as tx:
            session = await sessions.find(tx, wish.tenant_id, wish.external_id)
        cancelled = session is not None and session.state is SessionState.CANCELLED
        return SessionCancelled() if cancelled else SessionNotFound()

    async def launch_own(self, actor: Actor, session_id: UUID, correlation_id: str) -> str:
        """The link of a signed-in person: same record, same link, same rule of the role as by the LMS.

        Needs ilt-sessions:view. Raises SessionNotFound, also beyond its reach; SessionCancelled;
        InvalidRequest for machines.
        """
        reach = actor.constraint(Scope.ILT_SESSIONS_VIEW)
        whose = Whose(actor.tenant_id, actor.person_key or "", reach, actor.person_key)
        async with self._db.read() as tx:
            known = await schedules.find(tx, whose, session_id)
            session = None if known is None else await sessions.get(tx, session_id)
        if session is None:
            raise SessionNotFound
        if actor.person_key is None:
            raise InvalidRequest("Only a person has a link: sign in as one.")
        return await self._launch(actor.tenant_id, session.external_id, actor.name, correlation_id)

    async def visit(self, token: str) -> Visit:
        """What a link leads to at this moment; the role is today's. Raises LinkNotValid."""
        launch_id = await self._links.launch_id(token)
        async with self._db.read() as tx:
            held = await launches.held_link(tx, launch_id)
            meeting = await self._store.find(tx, held.session.id) if held else None
        if held is None:
            raise LinkNotValid
        return self._visit(held, meeting)

    async def enter(self, visit: Visit) -> str | None:
        """Let somebody in: record that the link was opened, then say where to go (None: this service's own
        room). Raises Busy while the meeting is being prepared."""
        async with self._db.read() as tx:
            meeting = await self._store.find(tx, visit.session.id)
        if meeting is None or meeting.ref is None:
            raise Busy
        provider = await self._connections.provider(visit.session.connection_id)
        with purpose(Purpose.LAUNCH), meters.provider_call(provider.card.key, "join_link"):
            address = await provider.join_link(meeting.ref, visit.person, visit.role)
        await self._record_opening(visit)
        return address

    async def _record_all(self, wishes: Sequence[Wish]) -> Sequence[Role | None]:
        return await launches.record(self._lane, wishes)

    async def _record_opening(self, visit: Visit) -> None:
        now = self._clock()
        opened = Evidence(visit.person.email, Kind.OPENED, now, source="join", instance=uuid4().hex)
        async with self._db.begin() as tx:
            await evidence.keep(tx, [Observation(visit.session.id, opened, visit.launch_id)], now)

    def _visit(self, held: HeldLink, meeting: Meeting | None) -> Visit:
        role, session = held.role, held.session
        early = self._hours.early_for_instructors if role is Role.INSTRUCTOR else self._hours.early
        opens_at, closes_at = session.starts_at - early, session.ends_at + self._hours.late
        card = self._connections.card(held.provider)
        return Visit(
            launch_id=held.launch_id,
            person=Person(held.email, held.name),
            role=role,
            session=session,
            door=_door(session, meeting, opens_at, closes_at, self._clock()),
            opens_at=opens_at,
            closes_at=closes_at,
            provider_name=card.name,
            hosted=card.hosted,
        )


def _door(
    session: Session, meeting: Meeting | None, opens_at: datetime, closes_at: datetime, now: datetime
) -> Door:
    if session.state is SessionState.CANCELLED:
        return Door.CANCELLED
    if now >= closes_at:
        return Door.OVER
    if now < opens_at:
        return Door.WAITING
    ready = meeting is not None and meeting.ref is not None and meeting.state is not MeetingState.CANCELLED
    return Door.OPEN if ready else Door.PREPARING
