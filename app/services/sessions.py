"""What the LMS does with sessions: create, update, cancel. Wanted first, then brought to the provider."""

from app.db import sessions
from app.db.database import Database
from app.domain.caller import Caller
from app.domain.clock import Clock
from app.domain.errors import SessionNotFound
from app.domain.session import SessionDraft
from app.services.meetings import Converging


class Sessions:
    """`lenient`: PUT of an unknown session creates it, DELETE succeeds (contract C); else it is not found."""

    def __init__(self, db: Database, meetings: Converging, clock: Clock, *, lenient: bool) -> None:
        self._db, self._meetings, self._clock, self._lenient = db, meetings, clock, lenient

    async def create(self, caller: Caller, draft: SessionDraft) -> None:
        """Make it so. The same again changes nothing, other content is an update, a cancelled one revives."""
        async with self._db.begin() as tx:
            session = await sessions.want(tx, caller, draft, self._clock())
        await self._meetings.settle(session.id)

    async def update(self, caller: Caller, external_id: str, draft: SessionDraft) -> None:
        """As `create`; strict deployments answer SessionNotFound for an id that was never created."""
        if not self._lenient:
            async with self._db.read() as tx:
                if await sessions.find(tx, caller.tenant_id, external_id) is None:
                    raise SessionNotFound
        await self.create(caller, draft)

    async def cancel(self, caller: Caller, external_id: str) -> None:
        """Want it gone; repeatable. Evidence stays."""
        async with self._db.begin() as tx:
            session = await sessions.cancel(tx, caller.tenant_id, external_id, self._clock())
        if session is not None:
            await self._meetings.settle(session.id)
        elif not self._lenient:
            raise SessionNotFound
