"""What the LMS does with sessions: create, update, cancel. Wanted first, then brought to the provider."""

from dataclasses import dataclass
from uuid import UUID

import structlog

from app.db import schedules, sessions, stories
from app.db.database import Database
from app.db.stories import Asked
from app.domain.caller import Caller
from app.domain.clock import Clock
from app.domain.errors import Busy, OutcomeUnknown, ProviderUnavailable, SessionNotFound
from app.domain.session import SessionDraft
from app.services.meetings import Converging
from app.telemetry import meters
from app.telemetry.logs import correlation_id

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Tolerance:
    """`lenient`: PUT of an unknown session creates it, DELETE succeeds (contract C); else it is not found.

    `accept`: what the provider could not do now is done in the background and the LMS hears Success; else it
    is told of the trouble, and it is done in the background all the same.
    """

    lenient: bool = True
    accept: bool = True


class Sessions:
    """Whatever is wanted is stored before anybody else is asked."""

    def __init__(self, db: Database, meetings: Converging, clock: Clock, tolerance: Tolerance) -> None:
        self._db, self._meetings, self._clock, self._tolerance = db, meetings, clock, tolerance

    async def create(self, caller: Caller, draft: SessionDraft) -> None:
        """Make it so. The same again changes nothing, other content is an update, a cancelled one revives.

        Raises what the provider refuses for good: ProviderRejected, AccountBroken.
        """
        await self._want(caller, draft, "create")

    async def update(self, caller: Caller, external_id: str, draft: SessionDraft) -> None:
        """As `create`; strict deployments answer SessionNotFound for an id that was never created."""
        if not self._tolerance.lenient:
            async with self._db.read() as tx:
                if await sessions.find(tx, caller.tenant_id, external_id) is None:
                    raise SessionNotFound
        await self._want(caller, draft, "update")

    async def cancel(self, caller: Caller, external_id: str) -> None:
        """Want it gone; repeatable. Evidence stays."""
        async with self._db.begin() as tx:
            now = self._clock()
            session = await sessions.cancel(tx, caller.tenant_id, external_id, now)
            if session is not None:
                await stories.asked(tx, session.id, _asked("cancel", caller), None, now)
        if session is not None:
            await self._carry_out(session.id)
        elif not self._tolerance.lenient:
            raise SessionNotFound

    async def _want(self, caller: Caller, draft: SessionDraft, deed: str) -> None:
        async with self._db.begin() as tx:
            now = self._clock()
            session = await sessions.want(tx, caller, draft, now)
            await stories.asked(tx, session.id, _asked(deed, caller), draft, now)
            clashing = await schedules.clashing(tx, caller.tenant_id, [session.id])
        if clashing:  # never refused: the LMS is the master
            meters.SCHEDULE_CONFLICTS.inc()
            log.warning("an instructor has two classes at once", session=str(session.id))
        await self._carry_out(session.id)

    async def _carry_out(self, session_id: UUID) -> None:
        try:
            await self._meetings.settle(session_id)
        except (ProviderUnavailable, OutcomeUnknown, Busy) as error:
            log.warning("goes on in the background", session=str(session_id), error=type(error).__name__)
            if not self._tolerance.accept:
                raise


def _asked(deed: str, caller: Caller) -> Asked:
    return Asked(deed, caller.client_id, correlation_id())
