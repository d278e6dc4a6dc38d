"""Finishing what was abandoned: meetings whose worker died, or whose provider was away, are tried again."""

import asyncio

import structlog

from app.db.database import Database
from app.db.meetings import Meetings
from app.domain.clock import Clock
from app.domain.errors import ConnectorError
from app.services.meetings import Converging

log = structlog.get_logger()

EVERY_SECONDS = 15.0
AT_ONCE = 20


class Upkeep:
    """A sweep over the database; any number of processes may run it, since claims keep them apart."""

    def __init__(self, db: Database, store: Meetings, meetings: Converging, clock: Clock) -> None:
        self._db, self._store, self._meetings, self._clock = db, store, meetings, clock

    async def sweep(self) -> int:
        """Try everything that is due, once. Says how many sessions that were."""
        async with self._db.read() as tx:
            due = await self._store.unsettled(tx, self._clock(), AT_ONCE)
        for session_id in due:
            try:
                await self._meetings.settle(session_id)
            except ConnectorError as error:
                log.warning("meeting still unsettled", session=str(session_id), error=type(error).__name__)
        return len(due)

    async def run(self) -> None:
        """Sweep for ever; one failed sweep does not end it."""
        while True:
            try:
                await self.sweep()
            except Exception:
                log.exception("sweep failed")
            await asyncio.sleep(EVERY_SECONDS)
