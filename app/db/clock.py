"""The database's clock, for all who share one PostgreSQL: when a lease ends must not depend on who asks.

Machines' clocks differ and jump. A process reads the database's now and then, and counts on by its monotonic
clock, which does not jump. On SQLite there is one machine, and its own clock is taken.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.db.database import UNREACHABLE, Database
from app.domain.clock import Clock, utc_now

log = structlog.get_logger()

READ_EVERY_SECONDS = 30.0
PROMPT_SECONDS = 1.0  # an answer that took longer tells of some moment in between, and nobody knows which
TRIES = 3


@asynccontextmanager
async def shared_clock(db: Database) -> AsyncIterator[Clock]:
    """The clock of everybody on this database, kept right while the block runs."""
    if db.dialect == "sqlite":
        yield utc_now
        return
    clock = _SharedClock(db)
    await clock.read()
    keeping = asyncio.create_task(_keep_right(clock))
    try:
        yield clock
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


class _SharedClock:
    """Call it for the time; `read` first."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._zero = datetime.min.replace(tzinfo=UTC)  # when the monotonic clock stood at nought

    def __call__(self) -> datetime:
        return self._zero + timedelta(seconds=time.monotonic())

    async def read(self) -> None:
        """Ask the database; wrong by half of the way there and back at most. Raises TimeoutError when that
        takes too long again and again: what is known already is better then."""
        async with self._db.read() as tx:
            for _ in range(TRIES):
                before = time.monotonic()
                now: datetime = (await tx.execute(select(func.clock_timestamp()))).scalar_one()
                after = time.monotonic()
                if after - before <= PROMPT_SECONDS:
                    self._zero = now.astimezone(UTC) - timedelta(seconds=(before + after) / 2)
                    return
        raise TimeoutError("the database takes too long to tell the time")


async def _keep_right(clock: _SharedClock) -> None:
    while True:
        await asyncio.sleep(READ_EVERY_SECONDS)
        try:
            await clock.read()
        except (*UNREACHABLE, SQLAlchemyError) as exc:  # it goes on with what it knows
            log.warning("the database's clock was not read", error=type(exc).__name__)
