"""What providers push: to which sessions its markers lead, and what had to be parked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, and_, bindparam, delete, func, select

from app.db.asked import Columns, asked, rows
from app.db.database import Tx, insert
from app.db.tables import connections, meetings, parked_pushes, sessions

_HOME = meetings.c.session_id, sessions.c.tenant_id, sessions.c.ends_at
_MARKER: Columns = {"marker": Uuid()}
MOST_UNREADABLE = 200  # of one connection: whoever sends nonsense for ever fills no disk


@dataclass(frozen=True, slots=True)
class Home:
    """The class to which something belongs."""

    session_id: UUID
    tenant_id: UUID
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a marker leads, and the revision that the connection's settings have now."""

    home: Home
    connection_id: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class Parked:
    """Something pushed that cannot be used (yet). `meeting_id` None: no sense could be made of it."""

    id: UUID
    connection_id: UUID
    meeting_id: UUID | None
    name: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Count:
    """How much of a connection's is parked."""

    unreadable: int = 0
    unknown: int = 0


async def places(tx: Tx, markers: Collection[UUID]) -> dict[UUID, Place]:
    """Those of the markers that are meetings of ours, cancelled ones too."""
    values = [(marker,) for marker in markers]
    found = await tx.execute(_places(tx.dialect.name), rows(tx.dialect.name, _MARKER, values))
    return {row.id: Place(_home(row), row.connection_id, row.revision) for row in found}


async def revisions(tx: Tx, ids: Collection[UUID]) -> dict[UUID, int]:
    """The revision that each connection's settings have now."""
    return {row.id: row.revision for row in await tx.execute(_revisions(), {"ids": list(ids)})}


@cache  # asked for with every group of pushes: one text, however many there are
def _places(dialect: str) -> Select[Any]:
    table = asked(dialect, _MARKER)
    query = select(meetings.c.id, meetings.c.connection_id, connections.c.revision, *_HOME)
    query = query.join_from(table, meetings, meetings.c.id == table.c.marker)
    query = query.join(sessions, sessions.c.id == meetings.c.session_id)
    return query.join(connections, connections.c.id == meetings.c.connection_id)


@cache
def _revisions() -> Select[Any]:
    query = select(connections.c.id, connections.c.revision)
    return query.where(connections.c.id.in_(bindparam("ids", expanding=True)))


async def park(tx: Tx, found: Sequence[Parked], now: datetime) -> None:
    """Keep them; what has the same name is there already. Of what is unreadable, only so much."""
    wordless = [row for row in found if row.meeting_id is None]
    full = await _full(tx, {row.connection_id for row in wordless}) if wordless else set()
    kept = [row for row in found if row.meeting_id is not None or row.connection_id not in full]
    if kept:
        await tx.execute(
            insert(tx, parked_pushes).on_conflict_do_nothing(index_elements=["connection_id", "name"]),
            [_values(row, now) for row in kept],
        )


async def come_home(tx: Tx, limit: int) -> list[tuple[Parked, Home]]:
    """What is parked and has its meeting by now, with the class of it."""
    ours = and_(
        meetings.c.id == parked_pushes.c.meeting_id,
        meetings.c.connection_id == parked_pushes.c.connection_id,
    )
    query = select(parked_pushes, *_HOME).join_from(parked_pushes, meetings, ours)
    query = query.join(sessions, sessions.c.id == meetings.c.session_id)
    oldest = query.order_by(parked_pushes.c.recorded_at, parked_pushes.c.id).limit(limit)
    return [(_parked(row), _home(row)) for row in await tx.execute(oldest)]


async def remove(tx: Tx, ids: Collection[UUID]) -> None:
    """These are parked no more."""
    await tx.execute(delete(parked_pushes).where(parked_pushes.c.id.in_(ids)))


async def forget(tx: Tx, before: datetime) -> int:
    """Drop what nobody could use for so long; says how many rows that were."""
    return (await tx.execute(delete(parked_pushes).where(parked_pushes.c.recorded_at < before))).rowcount


async def counts(tx: Tx, ids: Collection[UUID]) -> Mapping[UUID, Count]:
    """How much is parked, of those connections of which anything is."""
    query = (
        select(
            parked_pushes.c.connection_id,
            func.count().label("all"),
            func.count(parked_pushes.c.meeting_id).label("unknown"),
        )
        .where(parked_pushes.c.connection_id.in_(ids))
        .group_by(parked_pushes.c.connection_id)
    )
    return {row.connection_id: Count(row.all - row.unknown, row.unknown) for row in await tx.execute(query)}


async def count(tx: Tx) -> Count:
    """How much is parked of everybody's."""
    query = select(func.count().label("all"), func.count(parked_pushes.c.meeting_id).label("unknown"))
    row = (await tx.execute(query.select_from(parked_pushes))).one()
    return Count(row.all - row.unknown, row.unknown)


async def _full(tx: Tx, ids: Collection[UUID]) -> set[UUID]:
    return {key for key, one in (await counts(tx, ids)).items() if one.unreadable >= MOST_UNREADABLE}


def _values(row: Parked, now: datetime) -> dict[str, Any]:
    return {
        "id": row.id,
        "connection_id": row.connection_id,
        "meeting_id": row.meeting_id,
        "name": row.name,
        "sealed": row.sealed,
        "recorded_at": now,
    }


def _home(row: Any) -> Home:
    return Home(row.session_id, row.tenant_id, row.ends_at)


def _parked(row: Any) -> Parked:
    return Parked(row.id, row.connection_id, row.meeting_id, row.name, row.sealed)
