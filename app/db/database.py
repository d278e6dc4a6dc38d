"""The one door to the database: a transaction is `async with db.begin() as tx`, a look `db.read()`.

SQLite has one writer: it gets a single connection that begins IMMEDIATE (so that a write never starts as a
read and fails on upgrade), and readers apart, which WAL lets run beside it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

Tx = AsyncConnection

UNREACHABLE = (OperationalError, InterfaceError, OSError, TimeoutError)
"""What it raises when the database is not there."""

SQLITE_BUSY_MS = 15_000
# A look needs no BEGIN and ROLLBACK around it: two round trips less, or a dozen hops between threads.
_LOOKING = {
    "isolation_level": "AUTOCOMMIT",
    "skip_autocommit_rollback": True,
    "pool_reset_on_return": None,
}


class Database:
    """A pair of engines (one pool on PostgreSQL, two on SQLite) and nothing else."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        """`url` names an async driver: `sqlite+aiosqlite:///file` or `postgresql+asyncpg://…`."""
        parsed = make_url(url)
        self.dialect = parsed.get_backend_name()
        if self.dialect == "sqlite":
            if parsed.database:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            self._writer = _sqlite_engine(url, pool_size=1)
            self._reader = _sqlite_engine(url, pool_size=4, **_LOOKING)
            event.listen(self._writer.sync_engine, "begin", _begin_writing)
        else:
            self._writer = create_async_engine(
                url,
                pool_size=pool_size,
                max_overflow=0,
                pool_timeout=10,
                pool_pre_ping=True,
                hide_parameters=True,
                skip_autocommit_rollback=True,
            )
            self._reader = self._writer.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        """A transaction: commits when the block ends, rolls back when it raises."""
        async with self._writer.begin() as tx:
            yield tx

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A look at committed data; nothing that is written in it stays."""
        async with self._reader.connect() as tx:
            yield tx

    async def close(self) -> None:
        await self._reader.dispose()
        await self._writer.dispose()


def insert(tx: Tx, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT, which both databases spell alike."""
    return sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)


def _sqlite_engine(url: str, **options: Any) -> AsyncEngine:
    engine = create_async_engine(url, max_overflow=0, pool_timeout=30, hide_parameters=True, **options)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin by itself: `_begin_writing` does
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # NORMAL may lose the last commits when the power goes
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return engine


def _begin_writing(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
