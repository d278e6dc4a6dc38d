"""What the LMS says of instructors: add, rename, switch off. The provider checks the person where it can."""

from app.db import instructors, sessions
from app.db.database import Database
from app.domain.caller import Caller
from app.domain.clock import Clock
from app.domain.people import InstructorChange, InstructorDraft, person_key
from app.services.connections import Connections
from app.telemetry import meters


class Instructors:
    """The registry of the caller's connection."""

    def __init__(self, db: Database, connections: Connections, clock: Clock) -> None:
        self._db, self._connections, self._clock = db, connections, clock

    async def add(self, caller: Caller, draft: InstructorDraft) -> None:
        """Add, or bring up to date; adding again is a success. Raises PersonUnknown."""
        await self._put(caller, draft, known=None)

    async def update(self, caller: Caller, change: InstructorChange) -> None:
        """Rename, correct, switch on or off. An unknown old address adds the new one (contract C)."""
        async with self._db.read() as tx:
            known = await instructors.find(tx, caller.connection_id, change.old_email)
        await self._put(caller, change.record, known)

    async def _put(
        self, caller: Caller, draft: InstructorDraft, known: instructors.Instructor | None
    ) -> None:
        provider = await self._connections.provider(caller.connection_id)
        identity = None
        if provider.card.checks_people and draft.active is not False:
            with meters.provider_call(provider.card.key, "find_person"):
                identity = await provider.find_person(draft.email)
        now = self._clock()
        async with self._db.begin() as tx:
            if known is not None and person_key(known.email) != person_key(draft.email):
                await instructors.rename(tx, caller, known, draft.email, now)
                await sessions.rename_instructor(tx, caller.connection_id, known.email, draft.email)
            await instructors.put(tx, caller, draft, identity, now)
            if provider.card.plants_presenters:
                await sessions.want_again(tx, caller.connection_id, person_key(draft.email), now)
