"""Live watches: which classes are on and nobody follows, who follows one (the claim), what was missed."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, and_, case, func, select, update

from app.db.connections import State
from app.db.database import Tx, insert
from app.db.tables import connections, evidence, instructors, meetings, sessions, watches
from app.domain.attendance import Kind
from app.domain.meeting import MeetingState
from app.domain.session import SessionState

LONGEST_CLASS = timedelta(days=7)  # so that the index by start is enough to find what is on


@dataclass(frozen=True, slots=True)
class On:
    """A class that is on. Two that differ must be watched otherwise; the beginning changes nothing."""

    session_id: UUID
    connection_id: UUID
    connection_revision: int
    meeting_id: UUID
    ends_at: datetime
    starts_at: datetime = field(compare=False)


@dataclass(frozen=True, slots=True)
class Held:
    """A watch that is ours until its lease ends."""

    session_id: UUID
    token: UUID


@dataclass(frozen=True, slots=True)
class Margin:
    """How long before its beginning and after its end a class is watched."""

    before: timedelta
    after: timedelta


async def active(tx: Tx) -> list[tuple[UUID, int]]:
    """Every active connection: its id and the revision of its settings."""
    query = select(connections.c.id, connections.c.revision).where(connections.c.state == State.ACTIVE)
    return [(row.id, row.revision) for row in await tx.execute(query)]


async def due(tx: Tx, live: Collection[UUID], margin: Margin, now: datetime, limit: int) -> list[On]:
    """Classes of these connections that are on and that nobody watches, earliest first."""
    free = and_(watches.c.claim_token.is_(None), watches.c.claimed_until <= now)
    query = (
        _on(margin, now)
        .outerjoin(watches, watches.c.session_id == sessions.c.id)
        .where(sessions.c.connection_id.in_(live), watches.c.session_id.is_(None) | free)
    )
    rows = await tx.execute(query.order_by(sessions.c.starts_at, sessions.c.id).limit(limit))
    return [On(**row._mapping) for row in rows]


async def find_on(tx: Tx, session_id: UUID, margin: Margin, now: datetime) -> On | None:
    """The same class as it is now; None once it is over, cancelled, or its connection inactive."""
    row = (await tx.execute(_on(margin, now).where(sessions.c.id == session_id))).first()
    return None if row is None else On(**row._mapping)


async def claim(tx: Tx, on: On, source: str, now: datetime, until: datetime, *, late: bool) -> Held | None:
    """Take the watch; None when somebody else has it, or it rests. `late`: the first one is partial."""
    token = uuid4()
    values = {"source": source, "claim_token": token, "claimed_until": until, "seen_at": now}
    taken = await tx.execute(
        insert(tx, watches)
        .values(session_id=on.session_id, partial=late, **values)
        .on_conflict_do_update(
            index_elements=["session_id"],
            set_=values,
            # one whose watcher died is first brought to an end: see `end_abandoned`
            where=and_(watches.c.claim_token.is_(None), watches.c.claimed_until <= now),
        )
        .returning(watches.c.session_id)
    )
    return None if taken.first() is None else Held(on.session_id, token)


async def renew(tx: Tx, held: Held, now: datetime, until: datetime) -> bool:
    """A sign of life; False when the watch is not ours any more."""
    values = {"claimed_until": until, "seen_at": now}
    return (await tx.execute(update(watches).where(_mine(held)).values(**values))).rowcount == 1


async def hold(tx: Tx, held: Held) -> bool:
    """Whether the watch is ours, and then nobody's else until the transaction ends."""
    query = select(watches.c.session_id).where(_mine(held)).with_for_update()
    return (await tx.execute(query)).first() is not None


async def miss(tx: Tx, held: Held) -> None:
    """Part of the class went unseen."""
    await tx.execute(update(watches).where(_mine(held)).values(partial=True))


async def release(tx: Tx, held: Held, again_at: datetime) -> None:
    """Let go; nobody takes it before `again_at`. A stay left open ends at the last sign of life."""
    await _end(tx, _mine(held), {"claim_token": None, "claimed_until": again_at})


async def end_abandoned(tx: Tx, now: datetime) -> int:
    """Watches whose watcher died: their open stays end at its last sign of life, and they are partial."""
    lapsed = and_(watches.c.claim_token.is_not(None), watches.c.claimed_until <= now)
    return await _end(tx, lapsed, {"claim_token": None, "partial": True})


async def is_partial(tx: Tx, session_id: UUID) -> bool:
    """Whether the class was watched, and part of it was missed."""
    return bool(await tx.scalar(select(watches.c.partial).where(watches.c.session_id == session_id)))


async def email_of(tx: Tx, connection_id: UUID, name: str) -> str | None:
    """The instructor whom the provider knows by this SIP address (without its scheme)."""
    known = func.lower(instructors.c.provider_identity)
    query = select(instructors.c.email).where(
        instructors.c.connection_id == connection_id, known.in_((name.lower(), f"sip:{name.lower()}"))
    )
    found: str | None = await tx.scalar(query.order_by(instructors.c.active.desc()).limit(1))
    return found


async def _end(tx: Tx, which: ColumnElement[bool], values: dict[str, Any]) -> int:
    """The row first: it keeps the next watcher, and what that one tells, waiting until this is done."""
    ended = update(watches).where(which).values(**values)
    rows = (
        await tx.execute(ended.returning(watches.c.session_id, watches.c.source, watches.c.seen_at))
    ).all()
    for row in rows:
        stay = and_(
            evidence.c.session_id == row.session_id,
            evidence.c.source == row.source,
            evidence.c.kind == Kind.PRESENT,
            evidence.c.ended_at.is_(None),
        )
        begun = evidence.c.started_at
        end = case((begun > row.seen_at, begun), else_=row.seen_at)
        await tx.execute(update(evidence).where(stay).values(ended_at=end))
    return len(rows)


def _on(margin: Margin, now: datetime) -> Select[Any]:
    return (
        select(
            sessions.c.id.label("session_id"),
            sessions.c.connection_id,
            connections.c.revision.label("connection_revision"),
            meetings.c.id.label("meeting_id"),
            sessions.c.ends_at,
            sessions.c.starts_at,
        )
        .join_from(sessions, connections, connections.c.id == sessions.c.connection_id)
        .join(meetings, meetings.c.session_id == sessions.c.id)
        .where(
            sessions.c.state == SessionState.SCHEDULED,
            sessions.c.starts_at <= now + margin.before,
            sessions.c.starts_at > now - LONGEST_CLASS,
            sessions.c.ends_at > now - margin.after,
            connections.c.state == State.ACTIVE,
            meetings.c.state == MeetingState.LIVE,
        )
    )


def _mine(held: Held) -> ColumnElement[bool]:
    return and_(watches.c.session_id == held.session_id, watches.c.claim_token == held.token)
