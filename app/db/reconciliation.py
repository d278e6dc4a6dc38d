"""What the database has of a connection's meetings, what a comparison found, and what it makes due."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update

from app.db import instructors
from app.db import sessions as session_rows
from app.db.connections import Connection, State, to_connection
from app.db.database import Tx, insert
from app.db.meetings import Meetings
from app.db.tables import connections, meetings, reconciliations, sessions
from app.domain.meeting import Meeting, MeetingSpec, MeetingState
from app.domain.session import Session


@dataclass(frozen=True, slots=True)
class Known:
    """One meeting row with its session. `missed_at`: when it was first not found at the provider."""

    meeting: Meeting
    session: Session
    missed_at: datetime | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """The last report of one connection."""

    connection_id: UUID
    connection_name: str
    at: datetime
    report: dict[str, Any]


async def active(tx: Tx) -> list[Connection]:
    """Every connection that serves its portal."""
    rows = await tx.execute(select(connections).where(connections.c.state == State.ACTIVE))
    return [to_connection(row) for row in rows]


async def known(tx: Tx, store: Meetings, connection_id: UUID, markers: Collection[UUID]) -> list[Known]:
    """The connection's rows of these markers, whatever their state."""
    found: list[Known] = []
    wanted = list(markers)
    for start in range(0, len(wanted), 500):
        query = _rows(connection_id).where(meetings.c.id.in_(wanted[start : start + 500]))
        found += [await _known(tx, store, row) for row in await tx.execute(query)]
    return found


async def expected(tx: Tx, store: Meetings, connection_id: UUID, now: datetime) -> list[Known]:
    """Meetings of classes to come that the provider is believed to have, and nothing is due for."""
    query = _rows(connection_id).where(
        meetings.c.state == MeetingState.LIVE,
        meetings.c.next_try_at.is_(None),
        meetings.c.parked_at.is_(None),
        meetings.c.expired_at.is_(None),
        sessions.c.ends_at > now,
    )
    return [await _known(tx, store, row) for row in await tx.execute(query)]


async def spec(tx: Tx, session: Session) -> MeetingSpec:
    """What the meeting shall be."""
    presenters = await instructors.presenters(tx, session)
    return MeetingSpec(session.title, session.description, session.starts_at, session.ends_at, presenters)


async def miss(tx: Tx, meeting_id: UUID, at: datetime | None) -> None:
    """Remember when it was first not found; None: it is there."""
    await tx.execute(update(meetings).where(meetings.c.id == meeting_id).values(missed_at=at))


async def doubt(tx: Tx, seen: Known, state: MeetingState, now: datetime) -> bool:
    """What the provider has is not what is wanted: due. False if somebody changed the row meanwhile."""
    await session_rows.lock(tx, seen.session.id)
    values = {"state": state, "synced_revision": None, "next_try_at": now, "missed_at": None}
    pending = {"pending_since": func.coalesce(meetings.c.pending_since, now)}
    doubted = await tx.execute(
        update(meetings)
        .where(meetings.c.id == seen.meeting.id, meetings.c.updated_at == seen.changed_at)
        .values(**values, **pending, updated_at=now)
    )
    return doubted.rowcount == 1


async def keep(tx: Tx, of: Connection, report: Mapping[str, Any], now: datetime) -> None:
    """The connection's last report."""
    row = insert(tx, reconciliations).values(
        connection_id=of.id, tenant_id=of.tenant_id, at=now, report=dict(report)
    )
    await tx.execute(
        row.on_conflict_do_update(
            index_elements=["connection_id"], set_={"at": now, "report": row.excluded.report}
        )
    )


async def reports(tx: Tx, tenant_id: UUID) -> list[Kept]:
    """The last report of each of a portal's connections, by name."""
    query = (
        select(reconciliations, connections.c.name)
        .join(connections, connections.c.id == reconciliations.c.connection_id)
        .where(reconciliations.c.tenant_id == tenant_id)
        .order_by(connections.c.name)
    )
    return [Kept(row.connection_id, row.name, row.at, row.report) for row in await tx.execute(query)]


def _rows(connection_id: UUID) -> Any:
    return select(meetings).where(
        meetings.c.connection_id == connection_id, sessions.c.id == meetings.c.session_id
    )


async def _known(tx: Tx, store: Meetings, row: Row[Any]) -> Known:
    session = await session_rows.get(tx, row.session_id)
    return Known(store.meeting(row), session, row.missed_at, row.updated_at)
