"""Meetings: who may talk to the provider about one (the claim), and what came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import Row, case, func, or_, select, update

from app.db import instructors, intents, sessions
from app.db.database import Tx
from app.db.sealed import Sealer
from app.db.tables import meetings
from app.domain.deeds import Deed, Held, Idle, Outcome, Settled, Work, deed_due, is_settled
from app.domain.meeting import Meeting, MeetingRef, MeetingSpec, MeetingState
from app.domain.session import Session, SessionState

OF_ONE_CONNECTION = 8
LONGEST_LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Lease:
    """Until when a claim holds; and whether it is background work's, or a request's."""

    until: datetime
    in_background: bool


class Meetings:
    """The queries; an object only because references are sealed with the house's keys."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def claim(
        self, tx: Tx, session_id: UUID, now: datetime, lease: Lease, since: int | None = None
    ) -> Work | Held | Idle | Settled:
        """Reserve the deed that is due. `since`: the number of attempts that this caller saw when it began
        to wait; a newer failure is then reported instead of tried once more by everyone who waited."""
        session = await sessions.lock(tx, session_id)
        row = (await tx.execute(_not_cancelled(session.id))).first()
        if row is None:
            return Settled(None)
        meeting = self.meeting(row)
        if is_settled(session, meeting):
            if meeting.next_try_at is not None:
                await self._set(tx, meeting.id, next_try_at=None, pending_since=None)
            return Settled(meeting)
        if row.claimed_until is not None and row.claimed_until > now:
            return Held(meeting)
        failed_since = since is not None and meeting.attempts > since
        if failed_since and meeting.tried_revision == session.revision:
            return Idle(meeting)
        deed = deed_due(session, meeting)
        if deed is None:
            gone = {"state": MeetingState.CANCELLED, "next_try_at": None, "pending_since": None}
            await self._set(tx, meeting.id, updated_at=now, **gone)
            return Settled(None)
        return await self._take(tx, deed, session, meeting, lease)

    async def _take(self, tx: Tx, deed: Deed, session: Session, meeting: Meeting, lease: Lease) -> Work:
        token = uuid4()
        taken: dict[str, Any] = {
            "claim_token": token,
            "claimed_until": lease.until,
            "next_try_at": lease.until,
            "in_background": lease.in_background,
        }
        if deed is Deed.CREATE:
            taken["state"] = MeetingState.UNCERTAIN  # from here on a lost answer means: look first
        await self._set(tx, meeting.id, tried_revision=session.revision, parked_at=None, **taken)
        presenters = await instructors.presenters(tx, session)
        spec = MeetingSpec(session.title, session.description, session.starts_at, session.ends_at, presenters)
        return Work(deed, session, meeting, spec, token)

    async def record(self, tx: Tx, work: Work, outcome: Outcome, now: datetime) -> bool:
        """Write down what came of it and let go. False if the lease had ended and somebody else took over."""
        session = await sessions.lock(tx, work.session.id)  # whoever changes what is wanted waits, or is seen
        changed = session.revision != work.session.revision
        values = _recorded(work, outcome, now) if outcome.failed else _settled(work, outcome)
        gone = outcome.state is MeetingState.CANCELLED
        if changed and not gone:
            values |= {"next_try_at": now, "parked_at": None, "pending_since": now}
        if outcome.ref is not None:
            values["sealed_ref"] = self._seal(work.meeting.id, outcome.ref)
        result = await tx.execute(
            update(meetings)
            .where(meetings.c.id == work.meeting.id, meetings.c.claim_token == work.token)
            .values(claim_token=None, claimed_until=None, last_tried_at=now, updated_at=now, **values)
        )
        if result.rowcount and changed and gone and session.state is SessionState.SCHEDULED:
            await intents.add(tx, session, now, now)  # revived while it was being cancelled
        return result.rowcount == 1

    async def find(self, tx: Tx, session_id: UUID) -> Meeting | None:
        """The session's meeting that is not cancelled."""
        row = (await tx.execute(_not_cancelled(session_id))).first()
        return None if row is None else self.meeting(row)

    async def is_held(self, tx: Tx, session_id: UUID, now: datetime) -> bool:
        """Whether somebody holds the claim right now."""
        until = select(meetings.c.id).where(
            meetings.c.session_id == session_id, meetings.c.claimed_until > now
        )
        return (await tx.execute(until)).first() is not None

    async def due(self, tx: Tx, now: datetime, limit: int) -> list[UUID]:
        """Sessions whose meeting is due: changed, failed a while ago, or abandoned; longest waiting first.

        Of each connection only a few, those in hand included: one that hangs must not take every hand. What
        requests have under way is in no hand of ours; a busy LMS must not keep back what failed before.
        """
        held = meetings.c.claimed_until > now
        free = case((held, 0), else_=1)
        turn = func.row_number().over(
            partition_by=meetings.c.connection_id, order_by=(free, meetings.c.next_try_at)
        )
        soon = (
            select(meetings.c.session_id, meetings.c.next_try_at, free.label("free"), turn.label("turn"))
            .where(meetings.c.next_try_at <= now + LONGEST_LEASE, or_(free == 1, meetings.c.in_background))
            .subquery()
        )
        query = select(soon.c.session_id).where(
            soon.c.free == 1, soon.c.next_try_at <= now, soon.c.turn <= OF_ONE_CONNECTION
        )
        return list((await tx.scalars(query.order_by(soon.c.next_try_at).limit(limit))).all())

    async def expire(self, tx: Tx, session_id: UUID, now: datetime) -> None:
        """The class is long over: the provider shall not keep its meeting."""
        await tx.execute(
            update(meetings)
            .where(meetings.c.session_id == session_id, meetings.c.state != MeetingState.CANCELLED)
            .values(expired_at=now, next_try_at=now, pending_since=now, parked_at=None, attempts=0)
        )

    async def _set(self, tx: Tx, meeting_id: UUID, **values: Any) -> None:
        await tx.execute(update(meetings).where(meetings.c.id == meeting_id).values(**values))

    def _seal(self, meeting_id: UUID, ref: MeetingRef) -> bytes:
        plain = orjson.dumps({"provider_id": ref.provider_id, "details": ref.details})
        return self._sealer.seal(plain, f"meeting:{meeting_id}")

    def meeting(self, row: Row[Any]) -> Meeting:
        ref = None
        if row.sealed_ref is not None:
            ref = MeetingRef(**orjson.loads(self._sealer.open(row.sealed_ref, f"meeting:{row.id}")))
        return Meeting(
            id=row.id,
            session_id=row.session_id,
            connection_id=row.connection_id,
            state=MeetingState(row.state),
            ref=ref,
            synced_revision=row.synced_revision,
            tried_revision=row.tried_revision,
            attempts=row.attempts,
            last_error=row.last_error,
            last_error_kind=row.last_error_kind,
            last_tried_at=row.last_tried_at,
            next_try_at=row.next_try_at,
            pending_since=row.pending_since,
            parked_at=row.parked_at,
            expired=row.expired_at is not None,
        )


def _settled(work: Work, outcome: Outcome) -> dict[str, Any]:
    return {
        "state": outcome.state,
        "synced_revision": work.session.revision,
        "attempts": 0,
        "last_error": "",
        "last_error_kind": "",
        "next_try_at": None,
        "pending_since": None,
        "parked_at": None,
        "missed_at": None,
    }


def _recorded(work: Work, outcome: Outcome, now: datetime) -> dict[str, Any]:
    return {
        "state": outcome.state,
        "attempts": work.meeting.attempts + 1,
        "last_error": outcome.error,
        "last_error_kind": outcome.error_kind,
        "next_try_at": outcome.next_try_at,
        "parked_at": now if outcome.parked else None,
    }


def _not_cancelled(session_id: UUID) -> Any:
    return select(meetings).where(
        meetings.c.session_id == session_id, meetings.c.state != MeetingState.CANCELLED
    )
