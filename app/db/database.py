"""The one door to the database: a transaction is `async with db.begin() as tx`, a look `db.read()`.

SQLite has one writer: it gets a single connection that begins IMMEDIATE (so that a write never starts as a
read and fails on upgrade), and readers apart, which WAL lets run beside it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, event, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import DisconnectionError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

Tx = AsyncConnection

UNREACHABLE = (OperationalError, InterfaceError, OSError, TimeoutError)
"""What it raises when the database is not there."""

# PostgreSQL's words for "not now": shutting down, starting up, no room on the disk, no connection left.
NOT_NOW = frozenset({"57P01", "57P02", "57P03", "53100", "53300"})

SQLITE_BUSY_MS = 15_000
SQLITE_CACHE_KIB = 1024  # of each connection; the file is in the system's own cache beside
TURN_SECONDS = 30.0
LONGEST_SECONDS = 30.0  # of a transaction that somebody waits for
UPKEEP_SECONDS = 300.0  # of one that touches many rows, in the background
REST_SECONDS = 1.0
LANES = 4  # connections that a process may keep beside its pool (lane.py)
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
            # Whoever begins also ends; to roll back once more on return is one hop between threads too many.
            self._writer = _sqlite_engine(url, pool_size=1, pool_reset_on_return=None)
            self._reader = _sqlite_engine(url, pool_size=4, **_LOOKING)
            self._beside = _sqlite_engine(url, pool_size=LANES, **_LOOKING)
            event.listen(self._writer.sync_engine, "begin", _begin_writing)
        else:
            self._writer = create_async_engine(
                url,
                pool_size=pool_size,
                max_overflow=0,
                pool_timeout=10,
                hide_parameters=True,
                skip_autocommit_rollback=True,
            )
            _look_after_rests(self._writer)
            event.listen(self._writer.sync_engine, "handle_error", _call_it_unreachable, retval=True)
            self._reader = self._writer.execution_options(isolation_level="AUTOCOMMIT")
            self._beside = create_async_engine(
                url, pool_size=LANES, max_overflow=0, hide_parameters=True, **_LOOKING
            )
        self._kept = set[Tx]()
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def begin(self, longest: float | None = LONGEST_SECONDS) -> AsyncIterator[Tx]:
        """A transaction: commits when the block ends, rolls back when it raises.

        Raises TimeoutError after `longest` seconds, see `in_time`.
        """
        async with self.in_time(longest), self.turn(), self._writer.begin() as tx:
            with self._cut_after(tx, longest):
                yield tx

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """To write, in the order of asking: SQLite has one writer, PostgreSQL room for all.

        SQLite's own way of waiting, to try again ever more rarely, would let the latest go first.
        """
        if self.dialect != "sqlite":
            yield
            return
        async with asyncio.timeout(TURN_SECONDS):
            await self._turn.acquire()
        try:
            yield
        finally:
            self._turn.release()

    @asynccontextmanager
    async def read(self, longest: float | None = LONGEST_SECONDS) -> AsyncIterator[Tx]:
        """A look at committed data; nothing that is written in it stays. Raises TimeoutError as `begin`."""
        async with self.in_time(longest), self._reader.connect() as tx:
            yield tx

    def in_time(self, seconds: float | None) -> asyncio.Timeout:
        """The block ends by then, or with TimeoutError, and the connection in it is given up.

        A server that hangs, or whose host is gone without a word, would be waited for for a quarter of an
        hour. SQLite's file is in this machine: whoever broke off would leave a thread behind.
        """
        return asyncio.timeout(seconds if self.dialect == "postgresql" else None)

    @contextmanager
    def _cut_after(self, tx: Tx, seconds: float | None) -> Iterator[None]:
        """What is cancelled ends at once, but not many rows in one statement: there the driver waits on."""
        if seconds is None or self.dialect != "postgresql":
            yield
            return
        assert tx.sync_connection is not None, "it is open"
        driver: Any = tx.sync_connection.connection.driver_connection
        cut = asyncio.get_running_loop().call_later(seconds, driver.terminate)
        try:
            yield
        finally:
            cut.cancel()

    async def keep(self) -> Tx:
        """A connection for single statements, kept until `let_go`. At most `LANES`, beside the pool."""
        kept = await self._beside.connect()
        self._kept.add(kept)
        return kept

    async def let_go(self, kept: Tx) -> None:
        """Close a connection that was kept."""
        self._kept.discard(kept)
        with suppress(SQLAlchemyError):
            await kept.invalidate()
        await kept.close()

    async def close(self) -> None:
        for kept in [*self._kept]:
            await self.let_go(kept)
        await self._beside.dispose()
        await self._reader.dispose()
        await self._writer.dispose()


def greatest(dialect: str, *values: ColumnElement[Any]) -> ColumnElement[Any]:
    """The greatest of several columns."""
    return func.max(*values) if dialect == "sqlite" else func.greatest(*values)


def least(dialect: str, *values: ColumnElement[Any]) -> ColumnElement[Any]:
    """The least of several columns."""
    return func.min(*values) if dialect == "sqlite" else func.least(*values)


def insert(tx: Tx, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT, which both databases spell alike."""
    return insert_on(tx.dialect.name, table)


def insert_on(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """The same for statements that are put together once and kept."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


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
        cursor.execute(f"PRAGMA cache_size=-{SQLITE_CACHE_KIB}")
        cursor.close()

    return engine


def _begin_writing(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _call_it_unreachable(context: ExceptionContext) -> OperationalError | None:
    """The driver has no class of its own for these; to whoever asked, the database is not there."""
    error = context.original_exception
    # It was asked while the connection was just being lost.
    lost = isinstance(error, AsyncAdapt_asyncpg_dbapi.InternalClientError)
    if not lost and getattr(error, "sqlstate", None) not in NOT_NOW:
        return None
    context.is_disconnect = context.is_disconnect or lost
    return OperationalError(context.statement, None, context.original_exception)


def _look_after_rests(engine: AsyncEngine) -> None:
    """Try a connection before it is used, but only where it has rested for `REST_SECONDS`.

    A database that was restarted meanwhile costs nobody an error; a busy connection, which would notice by
    itself, is spared the round trip that costs as much as a launch's own.
    """
    plain = engine.sync_engine

    @event.listens_for(plain, "checkin")
    def note(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = monotonic()

    @event.listens_for(plain, "checkout")
    def look(connection: Any, record: Any, _fairy: Any) -> None:
        if monotonic() - record.info.get("rests_since", monotonic()) < REST_SECONDS:
            return
        try:
            plain.dialect.do_ping(connection)
        except Exception as exc:  # whatever it is, this connection is no good
            raise DisconnectionError from exc
