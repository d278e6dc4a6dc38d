"""Parked work of one tenant: it is about a class or a connection, and those belong to somebody."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.db import jobs
from app.db.database import Tx
from app.db.tables import connections, meetings, sessions

LOOKED_THROUGH = 2000  # parked jobs of all tenants: a job's row names no tenant


@dataclass(frozen=True, slots=True)
class ParkedHere:
    """Something that nobody tries any more. `name`: of the class or the connection; `session_id`: of the
    class, where it is about one."""

    kind: str
    subject: str
    name: str
    session_id: UUID | None
    error: str
    attempts: int
    since: datetime


async def parked_meetings(tx: Tx, tenant_id: UUID, kind: str, limit: int) -> list[ParkedHere]:
    """The tenant's parked meetings, newest first; they are called `kind`."""
    query = (
        select(meetings, sessions.c.title, sessions.c.external_id)
        .join(sessions, sessions.c.id == meetings.c.session_id)
        .where(sessions.c.tenant_id == tenant_id, meetings.c.parked_at.is_not(None))
        .order_by(meetings.c.parked_at.desc())
        .limit(limit)
    )
    return [
        ParkedHere(
            kind=kind,
            subject=str(row.session_id),
            name=row.title or row.external_id,
            session_id=row.session_id,
            error=row.last_error,
            attempts=row.attempts,
            since=row.parked_at,
        )
        for row in await tx.execute(query)
    ]


async def parked_jobs(tx: Tx, tenant_id: UUID) -> list[ParkedHere]:
    """The tenant's other parked jobs, newest first. Those about nothing are the whole service's: left out."""
    found = [(_id(one.subject), one) for one in await jobs.parked(tx, LOOKED_THROUGH)]
    ids = {id_ for id_, _ in found if id_ is not None}
    classes, others = await _classes(tx, tenant_id, ids), await _connections(tx, tenant_id, ids)
    return [
        ParkedHere(
            kind=one.kind,
            subject=one.subject,
            name=classes.get(id_) or others[id_],
            session_id=id_ if id_ in classes else None,
            error=one.error,
            attempts=one.attempts,
            since=one.since,
        )
        for id_, one in found
        if id_ is not None and (id_ in classes or id_ in others)
    ]


async def is_of(tx: Tx, tenant_id: UUID, subject: str) -> bool:
    """Whether a job's subject is a class or a connection of this tenant."""
    id_ = _id(subject)
    if id_ is None:
        return False
    return bool(await _classes(tx, tenant_id, [id_]) or await _connections(tx, tenant_id, [id_]))


async def _classes(tx: Tx, tenant_id: UUID, ids: Collection[UUID]) -> dict[UUID, str]:
    query = select(sessions.c.id, sessions.c.title, sessions.c.external_id)
    rows = await tx.execute(query.where(sessions.c.tenant_id == tenant_id, sessions.c.id.in_(ids)))
    return {row.id: row.title or row.external_id for row in rows}


async def _connections(tx: Tx, tenant_id: UUID, ids: Collection[UUID]) -> dict[UUID, str]:
    query = select(connections.c.id, connections.c.name)
    rows = await tx.execute(query.where(connections.c.tenant_id == tenant_id, connections.c.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _id(subject: str) -> UUID | None:
    """None where a job is about nothing. Only the exact form is one: it is what the row is found by."""
    try:
        return UUID(subject) if str(UUID(subject)) == subject else None
    except ValueError:
        return None
