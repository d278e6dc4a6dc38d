"""The short way to the database, for the statements of the minute when a class begins.

SQLAlchemy writes each of them, once. What it does around an execution (a connection from the pool, contexts,
events, type processing, a greenlet, on SQLite hops between threads) costs several times what the
database does. So a lane keeps a connection of its own and speaks to the driver: values go in as the driver
takes them and come out as it gives them.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Delete, Insert, Select, Update
from sqlalchemy.dialects.postgresql.asyncpg import dialect as postgresql
from sqlalchemy.dialects.sqlite.aiosqlite import dialect as sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.sql.compiler import SQLCompiler

from app.db.database import NOT_NOW, Database, Tx

_DIALECTS: Mapping[str, Callable[[], Dialect]] = {"sqlite": sqlite, "postgresql": postgresql}
_GONE = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # asked while the connection was just being lost
    asyncpg.PostgresConnectionError,
    sqlite3.OperationalError,
)
LANE_SECONDS = 5.0  # who asks in a crowd waits for the group before, and for the own
_ERRORS = (*_GONE, asyncpg.PostgresError, sqlite3.Error)


@dataclass(frozen=True, slots=True)
class Statement:
    """The text as the driver takes it; the names of its values in their order; those that never change."""

    text: str
    names: tuple[str, ...]
    fixed: Mapping[str, Any]


def written(dialect: str, statement: Select[Any] | Insert | Update | Delete) -> Statement:
    """What SQLAlchemy makes of it for this database."""
    compiled = statement.compile(dialect=_DIALECTS[dialect]())
    assert isinstance(compiled, SQLCompiler)
    return Statement(compiled.string, tuple(compiled.positiontup or ()), compiled.params)


class Lane:
    """For one asker at a time, and for statements that may be repeated: each is a transaction by itself.

    `writes`: it waits for its turn to.
    """

    def __init__(self, db: Database, *, writes: bool = False) -> None:
        self.dialect = db.dialect
        self._db, self._writes = db, writes
        self._kept: Tx | None = None

    async def fetch(self, statement: Statement, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Execute it and give all its rows. Raises as SQLAlchemy does; TimeoutError after `LANE_SECONDS`.

        A connection that was lost, because the database was restarted, say, is replaced once.
        """
        async with self._db.turn() if self._writes else nullcontext():
            try:
                async with self._db.in_time(LANE_SECONDS):
                    return await self._fetch(statement, values)
            except TimeoutError:
                await self._let_go()
                raise

    async def _fetch(self, statement: Statement, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        if self._kept is not None:
            try:
                return await _ask(self._kept, statement, values)
            except OperationalError:
                await self._let_go()
        self._kept = await self._db.keep()
        try:
            return await _ask(self._kept, statement, values)
        except DBAPIError:
            await self._let_go()
            raise

    async def _let_go(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            await self._db.let_go(kept)


async def _ask(tx: Tx, statement: Statement, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    given = {**statement.fixed, **values}
    ordered = [given[name] for name in statement.names]
    assert tx.sync_connection is not None, "it is open"
    driver: Any = tx.sync_connection.connection.driver_connection
    try:
        if tx.dialect.name == "sqlite":
            rows: Sequence[Sequence[Any]] = await driver.execute_fetchall(statement.text, ordered)
        else:
            rows = await driver.fetch(statement.text, *ordered)
    except _ERRORS as exc:
        gone = isinstance(exc, _GONE) or getattr(exc, "sqlstate", None) in NOT_NOW
        raise (OperationalError if gone else DBAPIError)(statement.text, None, exc) from exc
    return rows


def as_uuid(value: Any) -> UUID:
    """SQLite keeps it as text."""
    return value if isinstance(value, UUID) else UUID(value)
