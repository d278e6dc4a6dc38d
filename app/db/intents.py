"""What is wanted of meetings, stored in the transaction of the change that wants it: nothing is lost between.

`next_try_at` is the whole queue: whoever changes a session makes its meeting due, whoever takes it up moves
the moment behind the lease, and only a recorded success takes it away.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Select, func, update

from app.db import jobs
from app.db.database import Tx, insert
from app.db.tables import meetings
from app.domain.meeting import MeetingState
from app.domain.session import Session, SessionState

HEAD_START = timedelta(seconds=5)  # the request that stores an intent carries it out, the sweep comes second
AFTER_CLASS = ("attendance", "expiry")


async def store(tx: Tx, session: Session, now: datetime) -> None:
    """The session was changed: its meeting, old or new, is due; so is what follows the class."""
    known = await make_due(tx, [session.id], now, now + HEAD_START)
    if session.state is not SessionState.SCHEDULED:
        return
    if not known:
        await add(tx, session, now, now + HEAD_START)
    await jobs.plan(tx, [(kind, str(session.id)) for kind in AFTER_CLASS], session.ends_at, now)


async def make_due(
    tx: Tx, session_ids: Collection[UUID] | Select[tuple[UUID]], now: datetime, due_at: datetime
) -> int:
    """The meetings of these sessions differ from what is wanted now; parked ones wake up. Says how many."""
    changed = await tx.execute(
        update(meetings)
        .where(meetings.c.session_id.in_(session_ids), meetings.c.state != MeetingState.CANCELLED)
        .values(
            next_try_at=due_at,
            pending_since=func.coalesce(meetings.c.pending_since, now),
            parked_at=None,
            expired_at=None,
            attempts=0,
            updated_at=now,
        )
    )
    return changed.rowcount


async def hasten(tx: Tx, connection_id: UUID, now: datetime) -> None:
    """The connection was mended: what waits for another try is tried now. What is held or parked stays so."""
    waiting = (meetings.c.pending_since.is_not(None), meetings.c.next_try_at > now)
    await tx.execute(
        update(meetings)
        .where(meetings.c.connection_id == connection_id, *waiting, meetings.c.claimed_until.is_(None))
        .values(next_try_at=now, updated_at=now)
    )


async def add(tx: Tx, session: Session, now: datetime, due_at: datetime) -> None:
    """A meeting that nobody has asked for yet."""
    await tx.execute(
        insert(tx, meetings).values(
            id=uuid4(),
            session_id=session.id,
            connection_id=session.connection_id,
            state=MeetingState.WANTED,
            attempts=0,
            last_error="",
            last_error_kind="",
            next_try_at=due_at,
            pending_since=now,
            created_at=now,
            updated_at=now,
        )
    )
