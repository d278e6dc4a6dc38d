"""A change of instructor in place: the session keeps its id, its meeting and everybody's links.

Needs `ilt-sessions:create` (“Schedule ILT sessions”, which works only together with Sessions - View): who
teaches is part of scheduling a class, and that permission can be narrowed to a vendor or to instructors.
`ilt-vendors:update` would be the wrong one: it is about who can teach at all, and it cannot be narrowed, so
that whoever may correct a name could rearrange every class of the portal.
"""

from dataclasses import dataclass
from uuid import UUID

import structlog

from app.db import instructors, schedules, sessions
from app.db.database import Database, Tx
from app.db.instructors import Faculty
from app.db.schedules import Whose
from app.domain.actor import Actor
from app.domain.clock import Clock
from app.domain.errors import (
    Busy,
    Conflict,
    InvalidRequest,
    OutcomeUnknown,
    ProviderError,
    SessionCancelled,
    SessionNotFound,
    Stale,
)
from app.domain.people import Person, person_key
from app.domain.permissions import Scope
from app.domain.session import Session, SessionState
from app.services.audit import Audit
from app.services.meetings import Converging

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """Who shall no longer present, and who shall instead. `expected`: the session's revision that this is
    based on; None takes what is there."""

    old: str
    new: str
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """`trouble`: empty once the provider has it; else what it said. It is tried again in the background,
    while links lead the right people in with the right role already."""

    revision: int
    new: Person
    trouble: str = ""


class Substitutes:
    """Stored first, then brought to the provider, like everything that is wanted of a session."""

    def __init__(self, db: Database, meetings: Converging, audit: Audit, clock: Clock) -> None:
        self._db, self._meetings, self._audit, self._clock = db, meetings, audit, clock

    async def change_instructor(self, actor: Actor, session_id: UUID, wanted: Change) -> Changed:
        """The one loses, the other gets presenter rights, at once (pains B10, B11).

        Raises SessionNotFound, SessionCancelled, Conflict (over; not presenting; not at this vendor), Stale,
        InvalidRequest.
        """
        actor.require(Scope.ILT_SESSIONS_CREATE)
        if person_key(wanted.old) == person_key(wanted.new):
            raise InvalidRequest("The old and the new instructor are the same person.")
        async with self._db.begin() as tx:
            session = await _reached(tx, actor, session_id)
            self._refuse_unfit(session, wanted)
            old, new = await _both(tx, session, wanted)
            changed = await schedules.replace_instructor(tx, session, old.email, new.email, self._clock())
            await self._audit.note(
                tx,
                actor,
                action="session.instructor_changed",
                subject=f"session:{session_id}",
                before={"instructor": old.email},
                after={"instructor": new.email},
            )
        return Changed(changed.revision, new, await self._bring(session_id))

    def _refuse_unfit(self, session: Session, wanted: Change) -> None:
        if session.state is SessionState.CANCELLED:
            raise SessionCancelled
        if wanted.expected is not None and session.revision != wanted.expected:
            raise Stale
        if session.ends_at <= self._clock():
            raise Conflict("This class is over: who taught it stays as it was.")

    async def _bring(self, session_id: UUID) -> str:
        try:
            await self._meetings.settle(session_id)
        except (ProviderError, OutcomeUnknown, Busy) as error:
            log.warning("the presenter follows later", session=str(session_id), error=type(error).__name__)
            return error.message
        return ""


async def _reached(tx: Tx, actor: Actor, session_id: UUID) -> Session:
    """“Works only together with” Sessions - View: it reaches no further than that one."""
    for scope in (Scope.ILT_SESSIONS_VIEW, Scope.ILT_SESSIONS_CREATE):
        reach = actor.constraint(scope)
        whose = Whose(actor.tenant_id, actor.person_key or "", reach, actor.person_key)
        if await schedules.find(tx, whose, session_id) is None:
            raise SessionNotFound
    return await sessions.lock(tx, session_id)


async def _both(tx: Tx, session: Session, wanted: Change) -> tuple[Person, Person]:
    """The old one as presenting now, the new one as known at the session's connection."""
    present = {person.key: person for person in await instructors.presenters(tx, session)}
    old = present.get(person_key(wanted.old))
    if old is None:
        raise Conflict("The instructor to be replaced does not present in this class (any more).")
    here = Faculty(session.tenant_id, session.connection_id)
    known = await instructors.find(tx, here, wanted.new)
    if known is None or not known.active:
        raise Conflict(
            "The new instructor is not an active one of this vendor. Add them on the ILT Vendors and "
            "Instructors page first."
        )
    return old, known.person
