"""Meetings: who may talk to the provider about one (the claim), and what came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import Row, select, update

from app.db import instructors, sessions
from app.db.database import Tx, insert
from app.db.sealed import Sealer
from app.db.tables import meetings
from app.db.tables import sessions as sessions_table
from app.domain.meeting import Meeting, MeetingRef, MeetingSpec, MeetingState
from app.domain.session import Session, SessionState


class Deed(StrEnum):
    """What has to be done at the provider."""

    CREATE = "create"
    FIND_OR_CREATE = "find_or_create"
    UPDATE = "update"
    CANCEL = "cancel"
    FIND_AND_CANCEL = "find_and_cancel"


@dataclass(frozen=True, slots=True)
class Work:
    """A claim: one deed, ours until the lease ends. `token` proves it when the outcome is recorded."""

    deed: Deed
    session: Session
    meeting: Meeting
    spec: MeetingSpec
    token: UUID


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody else is at it."""

    meeting: Meeting
    revision: int


@dataclass(frozen=True, slots=True)
class Idle:
    """Nobody is at it, and the last attempt at this very revision failed after `since` attempts."""

    meeting: Meeting


@dataclass(frozen=True, slots=True)
class Settled:
    """The provider has what is wanted."""

    meeting: Meeting | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a deed came to. A failure names its kind, its sentence, and when to try again."""

    state: MeetingState
    ref: MeetingRef | None = None
    error: str = ""
    error_kind: str = ""
    next_try_at: datetime | None = None


class Meetings:
    """The queries; an object only because references are sealed with the house's keys."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def claim(
        self, tx: Tx, session_id: UUID, now: datetime, lease: timedelta, since: int | None = None
    ) -> Work | Held | Idle | Settled:
        """Reserve the deed that is due. `since`: the number of attempts that this caller saw when it began
        to wait; a newer failure is then reported instead of tried once more by everyone who waited."""
        session = await sessions.lock(tx, session_id)
        meeting, row = await self._current(tx, session, now)
        if meeting is None or row is None:
            return Settled(None)
        if _is_settled(session, meeting):
            return Settled(meeting)
        if row.claimed_until is not None and row.claimed_until > now:
            return Held(meeting, session.revision)
        failed_since = since is not None and meeting.attempts > since
        if failed_since and meeting.tried_revision == session.revision:
            return Idle(meeting)
        deed = _deed(session, meeting)
        if deed is None:
            await self._set(tx, meeting.id, state=MeetingState.CANCELLED, updated_at=now)
            return Settled(None)
        return await self._take(tx, deed, session, meeting, now + lease)

    async def _take(self, tx: Tx, deed: Deed, session: Session, meeting: Meeting, until: datetime) -> Work:
        token = uuid4()
        taken: dict[str, Any] = {"claim_token": token, "claimed_until": until}
        if deed is Deed.CREATE:
            taken["state"] = MeetingState.UNCERTAIN  # from here on a lost answer means: look first
        await self._set(tx, meeting.id, tried_revision=session.revision, **taken)
        presenters = await instructors.presenters(tx, session)
        spec = MeetingSpec(session.title, session.description, session.starts_at, session.ends_at, presenters)
        return Work(deed, session, meeting, spec, token)

    async def record(self, tx: Tx, work: Work, outcome: Outcome, now: datetime) -> bool:
        """Write down what came of it and let go. False if the lease had ended and somebody else took over."""
        failed = bool(outcome.error_kind)
        values: dict[str, Any] = {
            "state": outcome.state,
            "claim_token": None,
            "claimed_until": None,
            "attempts": work.meeting.attempts + 1 if failed else 0,
            "last_error": outcome.error,
            "last_error_kind": outcome.error_kind,
            "last_tried_at": now,
            "next_try_at": outcome.next_try_at,
            "updated_at": now,
        }
        if not failed:
            values["synced_revision"] = work.session.revision
        if outcome.ref is not None:
            values["sealed_ref"] = self._seal(work.meeting.id, outcome.ref)
        result = await tx.execute(
            update(meetings)
            .where(meetings.c.id == work.meeting.id, meetings.c.claim_token == work.token)
            .values(**values)
        )
        return result.rowcount == 1

    async def find(self, tx: Tx, session_id: UUID) -> Meeting | None:
        """The session's meeting that is not cancelled."""
        row = (await tx.execute(_not_cancelled(session_id))).first()
        return None if row is None else self.meeting(row)

    async def unsettled(self, tx: Tx, now: datetime, limit: int) -> list[UUID]:
        """Sessions whose meeting differs from what is wanted and is due: abandoned, failed, or changed."""
        differs = (
            select(meetings.c.session_id)
            .join(sessions_table, sessions_table.c.id == meetings.c.session_id)
            .where(
                meetings.c.state != MeetingState.CANCELLED,
                (meetings.c.synced_revision.is_(None))
                | (meetings.c.synced_revision != sessions_table.c.revision),
                (meetings.c.claimed_until.is_(None)) | (meetings.c.claimed_until <= now),
                (meetings.c.next_try_at.is_(None) & (meetings.c.last_error_kind == ""))
                | (meetings.c.next_try_at <= now),
            )
        )
        return list((await tx.scalars(differs.limit(limit))).all())

    async def _current(
        self, tx: Tx, session: Session, now: datetime
    ) -> tuple[Meeting | None, Row[Any] | None]:
        row = (await tx.execute(_not_cancelled(session.id))).first()
        if row is None and session.state is SessionState.SCHEDULED:
            await tx.execute(insert(tx, meetings).values(_fresh(session, now)))
            row = (await tx.execute(_not_cancelled(session.id))).one()
        return (self.meeting(row), row) if row is not None else (None, None)

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
        )


def _is_settled(session: Session, meeting: Meeting) -> bool:
    return (
        session.state is SessionState.SCHEDULED
        and meeting.state is MeetingState.LIVE
        and meeting.synced_revision == session.revision
    )


def _deed(session: Session, meeting: Meeting) -> Deed | None:
    """What is due; None when a meeting that was never asked for is not wanted any more."""
    wanted = session.state is SessionState.SCHEDULED
    match meeting.state:
        case MeetingState.WANTED:
            return Deed.CREATE if wanted else None
        case MeetingState.UNCERTAIN:
            return Deed.FIND_OR_CREATE if wanted else Deed.FIND_AND_CANCEL
        case _:
            return Deed.UPDATE if wanted else Deed.CANCEL


def _not_cancelled(session_id: UUID) -> Any:
    return select(meetings).where(
        meetings.c.session_id == session_id, meetings.c.state != MeetingState.CANCELLED
    )


def _fresh(session: Session, now: datetime) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "session_id": session.id,
        "connection_id": session.connection_id,
        "state": MeetingState.WANTED,
        "attempts": 0,
        "last_error": "",
        "last_error_kind": "",
        "created_at": now,
        "updated_at": now,
    }
