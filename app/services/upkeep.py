"""Finishing what was abandoned: meetings whose worker died, or whose provider was away, are tried again."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress

import structlog

from app.db.database import Database
from app.db.meetings import Meetings
from app.domain.clock import Clock
from app.domain.errors import ConnectorError
from app.services.health import Health
from app.services.meetings import Converging

log = structlog.get_logger()

LONGEST_GOODBYE = 10.0  # seconds; longer than a provider is waited for
EVERY_SECONDS = 15.0
AT_ONCE = 20
LAST_SECONDS = 3.0


class Upkeep:
    """A sweep over the database; any number of processes may run it, since claims keep them apart."""

    def __init__(
        self, db: Database, store: Meetings, meetings: Converging, health: Health, clock: Clock
    ) -> None:
        self._db, self._store, self._meetings = db, store, meetings
        self._health, self._clock = health, clock
        self._hastened = asyncio.Event()

    def hasten(self) -> None:
        """Something was changed that meetings have to follow: sweep now instead of at the next round."""
        self._hastened.set()

    async def sweep(self) -> int:
        """Try everything that is due, once. Says how many sessions that were."""
        async with self._db.read() as tx:
            due = await self._store.due(tx, self._clock(), AT_ONCE)
        for session_id in due:
            try:
                await self._meetings.settle(session_id)
            except ConnectorError as error:
                log.warning("meeting still unsettled", session=str(session_id), error=type(error).__name__)
        return len(due)

    async def run(self) -> None:
        """Sweep for ever, and check what is due beside it, for a check may take its time."""
        await asyncio.gather(self._sweep_for_ever(), self._check_for_ever())

    async def _sweep_for_ever(self) -> None:
        while True:
            await _whole(self.sweep())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hastened.wait(), EVERY_SECONDS)
            self._hastened.clear()

    async def _check_for_ever(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await _whole(self._health.check_due(self._clock()))


async def _whole(chore: Coroutine[None, None, int]) -> None:
    """A chore to its end, also when the service is stopped in the middle: a database does not like to be
    left alone within a question. One that fails is logged, and done again the next time."""
    task = asyncio.create_task(chore)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=LAST_SECONDS)
        task.cancel()
        raise
    except Exception:
        log.exception("upkeep failed")
