"""Instructors' calendars, read from sessions; who presents in a class, and who presents instead."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    true,
    update,
)

from app.db import intents
from app.db import sessions as session_rows
from app.db.admission import admits, resolve
from app.db.database import Tx, insert
from app.db.tables import connections, instructors, session_instructors, sessions, vendors
from app.db.teaching import is_named, taken_off, taught
from app.domain.actor import Constraint
from app.domain.calendar import Appointment, Span
from app.domain.people import person_key
from app.domain.session import Session, SessionState

# An alias copies the table's columns, which is much to do, and to throw away, at each question.
_MINE, _OTHER = session_instructors.alias("mine"), session_instructors.alias("other")
_THERE = sessions.alias("there")


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose calendar (`key`), and as far as who may see it: `reach` is the constraint of `reader`."""

    tenant_id: UUID
    key: str
    reach: Constraint | None = None
    reader: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a calendar. `backwards`: the latest first. `with_gone`: what the person was taken off is
    in it, as cancelled."""

    span: Span
    limit: int
    backwards: bool = False
    skip: int = 0
    with_gone: bool = False


async def calendar(tx: Tx, whose: Whose, part: Part) -> list[Appointment]:
    """The appointments that touch the span, cancelled ones too, by their beginning."""
    theirs = and_(taught(whose.key), await _admitted(tx, whose))
    if part.with_gone:  # the reach of "own classes" ends where one is no longer one's own
        theirs = or_(theirs, taken_off(whose.key))
    begins, ends = sessions.c.starts_at, sessions.c.ends_at
    in_span = and_(begins < part.span.ends_at, ends > part.span.starts_at)
    order = (begins.desc(), sessions.c.id.desc()) if part.backwards else (begins, sessions.c.id)
    query = _appointments(whose).where(theirs, in_span)
    rows = await tx.execute(query.order_by(*order).offset(part.skip).limit(part.limit))
    return [_appointment(row) for row in rows]


async def find(tx: Tx, whose: Whose, session_id: UUID) -> Appointment | None:
    """The class, if the reader's permission reaches it; whether the person presents in it or not."""
    query = _appointments(whose).where(await _admitted(tx, whose), sessions.c.id == session_id)
    row = (await tx.execute(query)).first()
    return None if row is None else _appointment(row)


async def clashing(tx: Tx, tenant_id: UUID, session_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """Of these sessions those whose instructors are named in another one at the same time: who (keys)."""
    mine, other, there = _MINE, _OTHER, _THERE
    off = exists().where(
        instructors.c.connection_id.in_([sessions.c.connection_id, there.c.connection_id]),
        instructors.c.email_key == mine.c.email_key,
        instructors.c.active.is_(False),
    )
    query = (
        select(sessions.c.id, mine.c.email_key)
        .distinct()
        .join_from(sessions, mine, mine.c.session_id == sessions.c.id)
        .join(other, and_(other.c.email_key == mine.c.email_key, other.c.session_id != sessions.c.id))
        .join(there, there.c.id == other.c.session_id)
        .where(sessions.c.id.in_(session_ids), sessions.c.tenant_id == tenant_id)
        .where(there.c.tenant_id == tenant_id, mine.c.removed_at.is_(None), other.c.removed_at.is_(None))
        .where(sessions.c.state == SessionState.SCHEDULED, there.c.state == SessionState.SCHEDULED)
        .where(there.c.starts_at < sessions.c.ends_at, there.c.ends_at > sessions.c.starts_at, ~off)
        .order_by(mine.c.email_key)
    )
    found: dict[UUID, list[str]] = {}
    for row in await tx.execute(query):
        found.setdefault(row.id, []).append(row.email_key)
    return found


async def teaches_within(tx: Tx, whose: Whose) -> bool:
    """Whether the reader may know when this person is busy: one of those the permission names, or an active
    instructor of a connection that it reaches."""
    if whose.reach is None or whose.key in whose.reach.instructors:
        return True
    reach = await resolve(tx, whose.tenant_id, whose.reach, whose.reader)
    theirs = select(instructors.c.id).where(
        instructors.c.tenant_id == whose.tenant_id,
        instructors.c.email_key == whose.key,
        instructors.c.active,
        instructors.c.connection_id.in_(reach.connections if reach else ()),
    )
    return (await tx.execute(theirs.limit(1))).first() is not None


async def replace_instructor(tx: Tx, session: Session, old: str, new: str, now: datetime) -> Session:
    """The one is taken off, the other named, and the meeting is due; the session as it is wanted now."""
    for email, removed_at in ((old, now), (new, None)):
        values = {"email": email, "removed_at": removed_at}
        row = {"session_id": session.id, "email_key": person_key(email), **values}
        await tx.execute(
            insert(tx, session_instructors)
            .values(row)
            .on_conflict_do_update(index_elements=["session_id", "email_key"], set_=values)
        )
    anew = {"revision": session.revision + 1, "updated_at": now, "unnamed": False}
    await tx.execute(update(sessions).where(sessions.c.id == session.id).values(anew))
    changed = await session_rows.get(tx, session.id)
    await intents.store(tx, changed, now)
    return changed


async def _admitted(tx: Tx, whose: Whose) -> ColumnElement[bool]:
    return admits(whose.tenant_id, await resolve(tx, whose.tenant_id, whose.reach, whose.reader))


def _appointments(whose: Whose) -> Select[Any]:
    here = instructors.c.connection_id == sessions.c.connection_id
    active = select(func.count()).where(here, instructors.c.active).scalar_subquery()
    alone = and_(sessions.c.unnamed == true(), active == 1)
    mine = session_instructors.c.email_key == whose.key
    removed = select(session_instructors.c.removed_at).where(
        session_instructors.c.session_id == sessions.c.id, mine
    )
    return (
        select(
            sessions,
            func.coalesce(vendors.c.name, connections.c.name).label("vendor"),
            case((or_(is_named(whose.key), alone), True), else_=False).label("assigned"),
            removed.scalar_subquery().label("taken_off_at"),
        )
        .join_from(sessions, connections, connections.c.id == sessions.c.connection_id)
        .outerjoin(vendors, vendors.c.connection_id == connections.c.id)
        .where(sessions.c.tenant_id == whose.tenant_id)
    )


def _appointment(row: Row[Any]) -> Appointment:
    return Appointment(
        session_id=row.id,
        title=row.title,
        description=row.description,
        span=Span(row.starts_at, row.ends_at),
        vendor=row.vendor,
        assigned=bool(row.assigned),
        cancelled=row.state == SessionState.CANCELLED or row.taken_off_at is not None,
        revision=row.revision,
        created_at=row.created_at,
        changed_at=row.updated_at,
    )
