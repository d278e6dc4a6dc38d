"""What is said of instructors: add, rename, switch off. The provider checks the person where it can.

The LMS (contract) and people (ILT Vendors and Instructors) come through the same two steps: `check`, `keep`.
What either of them changed stands in the audit trail; what the LMS only says again does not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.db import instructors, sessions
from app.db.database import Database, Tx
from app.db.instructors import Faculty, Instructor
from app.domain.actor import Actor
from app.domain.caller import Caller
from app.domain.clock import Clock
from app.domain.people import InstructorChange, InstructorDraft, person_key
from app.providers.base import Provider
from app.services.audit import Audit
from app.services.connections import Connections
from app.telemetry import meters


@dataclass(frozen=True, slots=True)
class Checked:
    """Somebody the provider has nothing against. `identity`: its own name for them, where it tells one.

    `in_meetings`: the provider's meetings name who presents, so they have to follow.
    """

    draft: InstructorDraft
    identity: str | None
    in_meetings: bool


class Instructors:
    """The registry of each connection. `hasten`: called when meetings have to follow soon."""

    def __init__(
        self,
        db: Database,
        connections: Connections,
        audit: Audit,
        clock: Clock,
        hasten: Callable[[], None],
    ) -> None:
        self._db, self._connections, self._audit = db, connections, audit
        self._clock, self.hasten = clock, hasten

    async def add(self, caller: Caller, draft: InstructorDraft) -> None:
        """Add, or bring up to date; adding again is a success. Raises PersonUnknown."""
        await self._put(caller, draft, known=None)

    async def update(self, caller: Caller, change: InstructorChange) -> None:
        """Rename, correct, switch on or off. An unknown old address adds the new one (contract C)."""
        async with self._db.read() as tx:
            known = await instructors.find(tx, _faculty(caller), change.old_email)
        await self._put(caller, change.record, known)

    async def _put(self, caller: Caller, draft: InstructorDraft, known: Instructor | None) -> None:
        faculty = _faculty(caller)
        checked = await self.check(faculty, draft)
        actor = Actor(caller.tenant_id, "client", caller.client_id, (), caller.address)
        async with self._db.begin() as tx:
            known = known or await instructors.find(tx, faculty, draft.email)
            await self.keep(tx, faculty, checked, known)
            stored = await instructors.find(tx, faculty, draft.email)
            assert stored is not None, "it was stored a moment ago"
            await self.note(tx, actor, known, stored)
        self.hasten()

    async def note(self, tx: Tx, actor: Actor, before: Instructor | None, after: Instructor) -> None:
        """Write down, at the end of `tx`, what became of an instructor; nothing where nothing did."""
        was, now = None if before is None else shown(before), shown(after)
        if was == now:
            return
        action = "instructor.added" if was is None else "instructor.changed"
        subject = f"instructor:{after.id}"
        await self._audit.note(tx, actor, action=action, subject=subject, before=was, after=now)

    async def provider(self, faculty: Faculty) -> Provider | None:
        """Who knows the people; None for a vendor that was made by hand."""
        connection_id = faculty.connection_id
        return None if connection_id is None else await self._connections.provider(connection_id)

    async def check(self, faculty: Faculty, draft: InstructorDraft) -> Checked:
        """Ask the provider for the person, where there is one. Raises PersonUnknown."""
        return await check_at(await self.provider(faculty), draft)

    async def keep(self, tx: Tx, faculty: Faculty, checked: Checked, known: Instructor | None) -> None:
        """Store it: a new address of somebody `known` is a rename that past and coming sessions follow."""
        draft = checked.draft
        if known is not None and person_key(known.email) != person_key(draft.email):
            await instructors.rename(tx, faculty, known, draft.email, self._clock())
            if faculty.connection_id is not None:
                await sessions.rename_instructor(tx, faculty.connection_id, known.email, draft.email)
        await self.keep_all(tx, faculty, [checked])

    async def keep_all(self, tx: Tx, faculty: Faculty, checked: Sequence[Checked]) -> None:
        """Store many under the addresses that they have.

        Where presenters are written into meetings, the coming ones are wanted anew.
        """
        now = self._clock()
        await instructors.put(tx, faculty, [(one.draft, one.identity) for one in checked], now)
        keys = [person_key(one.draft.email) for one in checked if one.in_meetings]
        if keys and faculty.connection_id is not None:
            await sessions.want_again(tx, faculty.connection_id, keys, now)


async def check_at(provider: Provider | None, draft: InstructorDraft) -> Checked:
    """Ask for the person. Raises PersonUnknown. Nobody is looked for to be switched off."""
    if provider is None:
        return Checked(draft, None, in_meetings=False)
    card, identity = provider.card, None
    if card.checks_people and draft.active is not False:
        with meters.provider_call(card.key, "find_person"):
            identity = await provider.find_person(draft.email)
    return Checked(draft, identity, card.plants_presenters)


def shown(instructor: Instructor) -> dict[str, Any]:
    """An instructor as the audit trail tells it."""
    return {
        "email": instructor.email,
        "first_name": instructor.first_name,
        "last_name": instructor.last_name,
        "active": instructor.active,
    }


def _faculty(caller: Caller) -> Faculty:
    return Faculty(caller.tenant_id, caller.connection_id)
