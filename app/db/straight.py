"""Straight to the driver, for the three statements of which a launch is made.

SQLAlchemy writes each of them, once; what it does around an execution (contexts, events, type processing, a
greenlet, on SQLite five hops between threads) costs several times what the database does. So values go in as
the driver takes them and come out as it gives them. Only in `db.read()` and `db.single()`: a driver that is
asked directly knows nothing of the transaction that SQLAlchemy has in mind.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
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

from app.db.database import NOT_NOW, Tx

_DIALECTS: Mapping[str, Callable[[], Dialect]] = {"sqlite": sqlite, "postgresql": postgresql}
_GONE = (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError, sqlite3.OperationalError)


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


async def fetch(tx: Tx, statement: Statement, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    """Execute it and give all its rows. Raises as SQLAlchemy does; whoever raises has lost the connection."""
    given = {**statement.fixed, **values}
    ordered = [given[name] for name in statement.names]
    assert tx.sync_connection is not None, "a look is open"
    driver: Any = tx.sync_connection.connection.driver_connection
    try:
        if tx.dialect.name == "sqlite":
            rows: Sequence[Sequence[Any]] = await driver.execute_fetchall(statement.text, ordered)
        else:
            rows = await driver.fetch(statement.text, *ordered)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, sqlite3.Error, OSError) as exc:
        await tx.invalidate()
        gone = isinstance(exc, _GONE) or getattr(exc, "sqlstate", None) in NOT_NOW
        raise (OperationalError if gone else DBAPIError)(statement.text, None, exc) from exc
    return rows


def as_uuid(value: Any) -> UUID:
    """SQLite keeps it as text."""
    return value if isinstance(value, UUID) else UUID(value)
