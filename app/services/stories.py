"""Sessions for people: lists that are found quickly, and one session's story. Links are in none of them.

`ilt-sessions:view` shows the session, what was asked and how it stands at the provider. Who launched and who
was seen is attendance, and needs `ilt-roster:view`. Either may be constrained; what a constraint does not
admit is not there.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app.db import admission, connections, session_lists, stories
from app.db.database import Database, Tx
from app.db.session_lists import Listed as Listed
from app.db.session_lists import Place as Place
from app.db.session_lists import Show as Show
from app.db.session_lists import Wanted as Wanted
from app.db.stories import Event as Event
from app.db.stories import Launched as Launched
from app.db.stories import Seen as Seen
from app.domain.actor import Actor
from app.domain.errors import NotAllowed, SessionNotFound
from app.domain.permissions import CATALOGUE, Scope
from app.services.meetings import Converging, Standing
from app.services.searching import sought

MOST_PARTS = 200


@dataclass(frozen=True, slots=True)
class Story:
    """One session as it stands: what is wanted, and how its meeting stands (None: there is none any more)."""

    listed: Listed
    standing: Standing | None
    parts: int


class Stories:
    """Reads only."""

    def __init__(self, db: Database, meetings: Converging) -> None:
        self._db, self._meetings = db, meetings

    async def page(self, actor: Actor, wanted: Wanted, after: Place | None, limit: int) -> list[Listed]:
        """The next sessions behind `after` (a `Listed.place`), by their beginning."""
        constraint = actor.constraint(Scope.ILT_SESSIONS_VIEW)
        wanted = replace(wanted, text=sought(wanted.text), instructor=sought(wanted.instructor))
        async with self._db.read() as tx:
            admitted = await admission.resolve(tx, actor.tenant_id, constraint, actor.person_key)
            return await session_lists.page(tx, actor.tenant_id, admitted, wanted, after, limit)

    async def get(self, actor: Actor, session_id: UUID) -> Story:
        """One session. Raises SessionNotFound, for what is not admitted too."""
        async with self._db.read() as tx:
            found = await admit(tx, actor, Scope.ILT_SESSIONS_VIEW, session_id)
        standing = await self._meetings.standing(found.session)
        parts = await self.parts(actor, session_id) if found.session.lo_id else []
        return Story(found, standing, len(parts))

    async def parts(self, actor: Actor, session_id: UUID) -> list[Listed]:
        """The sessions of the same learning object that are admitted, this one among them, in their order."""
        async with self._db.read() as tx:
            found = await admit(tx, actor, Scope.ILT_SESSIONS_VIEW, session_id)
            return await parts_of(tx, actor, Scope.ILT_SESSIONS_VIEW, found)

    async def events(self, actor: Actor, session_id: UUID, before: int | None, limit: int) -> list[Event]:
        """Requests of the LMS and provider calls, newest first."""
        async with self._db.read() as tx:
            await admit(tx, actor, Scope.ILT_SESSIONS_VIEW, session_id)
            return await stories.events(tx, session_id, before, limit)

    async def launches(
        self, actor: Actor, session_id: UUID, before: tuple[datetime, UUID] | None, limit: int
    ) -> list[Launched]:
        """Who was given a link, newest first."""
        async with self._db.read() as tx:
            await admit(tx, actor, Scope.ILT_ROSTER_VIEW, session_id)
            return await stories.launched(tx, session_id, before, limit)

    async def evidence(self, actor: Actor, session_id: UUID, before: int | None, limit: int) -> list[Seen]:
        """Raw attendance evidence, newest first."""
        async with self._db.read() as tx:
            await admit(tx, actor, Scope.ILT_ROSTER_VIEW, session_id)
            return await stories.seen(tx, session_id, before, limit)

    async def connections(self, actor: Actor) -> list[tuple[UUID, str]]:
        """What sessions can be narrowed to in a list: connections by id and name."""
        actor.require(Scope.ILT_SESSIONS_VIEW)
        async with self._db.read() as tx:
            return [(row.id, row.name) for row in await connections.all_of(tx, actor.tenant_id)]


async def admit(tx: Tx, actor: Actor, scope: Scope, session_id: UUID) -> Listed:
    """The session, if `scope` and what it works only together with reach it.

    Raises SessionNotFound for what may not even be seen, NotAllowed for what may be seen and not touched.
    """
    needed = CATALOGUE[scope].needs
    if needed is not None:
        await admit(tx, actor, needed, session_id)
    admitted = await admission.resolve(tx, actor.tenant_id, actor.constraint(scope), actor.person_key)
    if await session_lists.is_admitted(tx, actor.tenant_id, admitted, session_id):
        return (await session_lists.listed(tx, [session_id]))[0]
    if needed is not None:
        raise NotAllowed(f"Your permission “{CATALOGUE[scope].name}” does not reach this class.")
    raise SessionNotFound


async def parts_of(tx: Tx, actor: Actor, scope: Scope, found: Listed) -> list[Listed]:
    """The sessions of the same learning object that `scope` reaches; without one, this session alone."""
    lo_id = found.session.lo_id
    if not lo_id:
        return [found]
    admitted = await admission.resolve(tx, actor.tenant_id, actor.constraint(scope), actor.person_key)
    return await session_lists.parts(tx, actor.tenant_id, admitted, lo_id, MOST_PARTS)
