"""Meetings that could not even be taken up, and those that nobody tries any more; their rows stay closed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, update

from app.db import sessions
from app.db.database import Tx
from app.db.jobs import Parked
from app.db.tables import meetings
from app.domain.meeting import MeetingState


@dataclass(frozen=True, slots=True)
class Again:
    """When a failed try was, and when the next one is; none: parked."""

    now: datetime
    next_try_at: datetime | None


async def due_attempts(tx: Tx, session_id: UUID, now: datetime) -> int | None:
    """How often the session's meeting has failed; None when it is not due (any more)."""
    await sessions.lock(tx, session_id)
    query = select(meetings.c.attempts).where(_current(session_id), meetings.c.next_try_at <= now)
    return await tx.scalar(query)


async def fail(tx: Tx, session_id: UUID, error: tuple[str, str], at: Again) -> None:
    """The meeting failed with `error` (kind, sentence) before anybody could be asked: later, or parked."""
    await tx.execute(
        update(meetings)
        .where(_current(session_id))
        .values(
            attempts=meetings.c.attempts + 1,
            last_error_kind=error[0],
            last_error=error[1],
            last_tried_at=at.now,
            next_try_at=at.next_try_at,
            parked_at=None if at.next_try_at else at.now,
            updated_at=at.now,
        )
    )


async def parked(tx: Tx, limit: int) -> list[Parked]:
    """Meetings that are parked, newest first; the subject is the session's id."""
    query = select(meetings).where(meetings.c.parked_at.is_not(None))
    rows = await tx.execute(query.order_by(meetings.c.parked_at.desc()).limit(limit))
    return [
        Parked(
            "meeting", str(row.session_id), row.last_error_kind, row.last_error, row.attempts, row.parked_at
        )
        for row in rows
    ]


async def count_parked(tx: Tx) -> int:
    query = select(func.count()).select_from(meetings).where(meetings.c.parked_at.is_not(None))
    return (await tx.scalar(query)) or 0


async def wake(tx: Tx, session_id: UUID, now: datetime) -> bool:
    """Unpark a meeting; False when it is not parked."""
    woken = await tx.execute(
        update(meetings)
        .where(_current(session_id), meetings.c.parked_at.is_not(None))
        .values(parked_at=None, next_try_at=now, attempts=0, updated_at=now)
    )
    return woken.rowcount == 1


def _current(session_id: UUID) -> ColumnElement[bool]:
    return and_(meetings.c.session_id == session_id, meetings.c.state != MeetingState.CANCELLED)
