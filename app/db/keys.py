"""Rows of signing and digest keys, and the walk over every sealed column of the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, or_, select, update

from app.db import tables
from app.db.database import Tx

PAGE = 200  # rows locked at a time while everything is sealed anew


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as stored: `sealed` opens under the name `key:<id>`."""

    id: str
    purpose: str
    sealed: bytes
    created_at: datetime
    retires_at: datetime | None


async def in_use(tx: Tx, purpose: str, now: datetime) -> list[KeyRow]:
    """The keys that still verify, the one to use first."""
    keys = tables.keys
    rows = await tx.execute(select(keys).where(keys.c.purpose == purpose, _lives(now)))
    found = [KeyRow(r.id, r.purpose, r.sealed, r.created_at, r.retires_at) for r in rows]
    # Only the one to use has no end; where hands meddled with the table, the youngest leads.
    return sorted(found, key=lambda row: (row.retires_at is None, row.created_at), reverse=True)


def _lives(now: datetime) -> ColumnElement[bool]:
    return or_(tables.keys.c.retires_at.is_(None), tables.keys.c.retires_at > now)


async def add(tx: Tx, row: KeyRow) -> None:
    await tx.execute(
        insert(tables.keys).values(
            id=row.id,
            purpose=row.purpose,
            sealed=row.sealed,
            created_at=row.created_at,
            retires_at=row.retires_at,
        )
    )


async def retire(tx: Tx, purpose: str, at: datetime) -> int:
    """Give every key of `purpose` that has no end yet the end `at`; how many there were."""
    keys = tables.keys
    done = await tx.execute(
        update(keys).where(keys.c.purpose == purpose, keys.c.retires_at.is_(None)).values(retires_at=at)
    )
    return done.rowcount


async def remove_retired(tx: Tx, now: datetime) -> int:
    """Forget the keys whose end has come; how many there were."""
    done = await tx.execute(delete(tables.keys).where(tables.keys.c.retires_at <= now))
    return done.rowcount


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed values; each opens under the name `<word>:<row id>`."""

    word: str
    id: Any
    value: Any


SEALED: tuple[SealedColumn, ...] = (
    SealedColumn("key", tables.keys.c.id, tables.keys.c.sealed),
    SealedColumn("connection", tables.connections.c.id, tables.connections.c.sealed_secrets),
    SealedColumn("meeting", tables.meetings.c.id, tables.meetings.c.sealed_ref),
    SealedColumn("push", tables.parked_pushes.c.id, tables.parked_pushes.c.sealed),
)


async def lock_page(tx: Tx, column: SealedColumn, after: Any) -> Sequence[tuple[Any, bytes]]:
    """The next rows (id, sealed) behind the id `after`, locked until `tx` ends; empty at the end."""
    query = select(column.id, column.value).where(column.value.is_not(None)).order_by(column.id).limit(PAGE)
    if after is not None:
        query = query.where(column.id > after)
    return [(row[0], row[1]) for row in await tx.execute(query.with_for_update())]


async def replace(tx: Tx, column: SealedColumn, row_id: Any, sealed: bytes) -> None:
    """Put another sealing of the same value in place."""
    await tx.execute(update(column.id.table).where(column.id == row_id).values({column.value: sealed}))
