"""Finishing what was abandoned: meetings whose worker died, or whose provider was away, are tried again."""

import asyncio
from collections.abc import Awaitable, Callable
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
        await asyncio.gather(
            self._for_ever(self.sweep, self._until_hastened), self._for_ever(self._check_due, self._a_round)
        )

    async def _check_due(self) -> int:
        return await self._health.check_due(self._clock())

    async def _a_round(self) -> None:
        await asyncio.sleep(EVERY_SECONDS)

    async def _until_hastened(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._hastened.wait(), EVERY_SECONDS)
        self._hastened.clear()

    async def _for_ever(
        self, chore: Callable[[], Awaitable[int]], pause: Callable[[], Awaitable[None]]
    ) -> None:
        """One chore that failed once is done again all the same."""
        while True:
            try:
                await _in_one_piece(chore())
            except Exception:
                log.exception("upkeep failed", chore=getattr(chore, "__name__", ""))
            await pause()


async def _in_one_piece(chore: Awaitable[int]) -> None:
    """Told to stop, the chore in hand is finished first.

    A query that is cut off leaves its connection half closed behind, and the process waits for that for ever.
    """
    work = asyncio.ensure_future(chore)
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work}, timeout=LONGEST_GOODBYE)
        work.cancel()
        raise
