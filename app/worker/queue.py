"""The engine's queue: in memory for the embedded default, in tables on PostgreSQL. PgQueuer, both times.

Nothing in it is worth keeping: what is due stands in our own tables, and the next sweep fills it again.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.inmemory import InMemoryDriver, InMemoryQueries
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel

from app.db.database import LONGEST_SECONDS

# Unlogged: cheaper, and empty after a crash of the database, which the next sweep mends.
NAMES = DBSettings(db_schema="vilt_jobs", channel=Channel("vilt_jobs"), durability=Durability.volatile)

Queue = Queries | InMemoryQueries


@asynccontextmanager
async def open_queue(database_url: str) -> AsyncIterator[tuple[QueueManager, Queue]]:
    """The engine, without jobs to do yet, and its queue, on one connection; closed when the block ends."""
    if not database_url.startswith("postgresql"):
        memory = InMemoryQueries(InMemoryDriver())
        yield QueueManager(memory), memory
        return
    connection = await asyncpg.connect(
        database_url.replace("+asyncpg", "", 1),
        timeout=LONGEST_SECONDS,
        command_timeout=LONGEST_SECONDS,
        server_settings={"application_name": "vilt worker"},
    )
    try:
        queue = _queries(AsyncpgDriver(connection))
        yield QueueManager(queue, channel=NAMES.channel), queue
    finally:
        await connection.close(timeout=5)


def _queries(driver: AsyncpgDriver) -> Queries:
    return Queries(
        driver,
        qbe=QueryBuilderEnvironment(settings=NAMES),
        qbq=QueryQueueBuilder(settings=NAMES),
        qbs=QuerySchedulerBuilder(settings=NAMES),
    )
