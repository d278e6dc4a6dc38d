"""What became of a session: what the LMS asked, what the provider was asked, who launched and was seen.

Requests and provider calls are written in the transaction of the deed itself, so the story cannot differ from
what happened. Everything is read newest first, in slices.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, or_, select

from app.db.database import Tx, insert
from app.db.tables import evidence, launches, session_events
from app.domain.attendance import Kind
from app.domain.deeds import Outcome, Work
from app.domain.people import Role
from app.domain.session import SessionDraft

DONE = "done"


class EventKind(StrEnum):
    """Who asked whom."""

    REQUEST = "request"  # the LMS asked this service
    CALL = "call"  # this service asked the provider


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of the LMS: what to do, by which client, in which exchange."""

    deed: str
    who: str
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Event:
    """A request or a provider call. `outcome`: `done`, or the kind of the error; `message` its sentence.

    `details`: what was asked for: title, times, instructors; nothing for a cancellation or a call.
    """

    id: int
    at: datetime
    kind: EventKind
    deed: str
    who: str
    correlation_id: str
    outcome: str
    message: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Launched:
    """Somebody was given a link. The link itself is nowhere."""

    id: UUID
    email: str
    role: Role
    correlation_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """One raw piece of evidence. `superseded_at`: since when the provider no longer says so."""

    id: int
    email: str
    kind: Kind
    source: str
    started_at: datetime
    ended_at: datetime | None
    recorded_at: datetime
    superseded_at: datetime | None


async def asked(tx: Tx, session_id: UUID, request: Asked, draft: SessionDraft | None, now: datetime) -> None:
    """The LMS asked for this; `draft` None: for the end of it."""
    await _add(
        tx,
        session_id=session_id,
        at=now,
        kind=EventKind.REQUEST,
        deed=request.deed,
        who=request.who,
        correlation_id=request.correlation_id,
        outcome=DONE,
        message="",
        details={} if draft is None else _plain(draft),
    )


async def tried(tx: Tx, work: Work, outcome: Outcome, correlation_id: str, now: datetime) -> None:
    """The provider was asked, and this came of it."""
    await _add(
        tx,
        session_id=work.session.id,
        at=now,
        kind=EventKind.CALL,
        deed=work.deed,
        who="",
        correlation_id=correlation_id,
        outcome=outcome.error_kind or DONE,
        message=outcome.error,
        details={},
    )


async def events(tx: Tx, session_id: UUID, before: int | None, limit: int) -> list[Event]:
    """Requests and calls older than the number `before`."""
    query = select(session_events).where(session_events.c.session_id == session_id)
    if before is not None:
        query = query.where(session_events.c.id < before)
    rows = await tx.execute(query.order_by(session_events.c.id.desc()).limit(limit))
    return [_event(row) for row in rows]


async def launched(
    tx: Tx, session_id: UUID, before: tuple[datetime, UUID] | None, limit: int
) -> list[Launched]:
    """Launches older than `before`."""
    query = select(launches).where(launches.c.session_id == session_id)
    if before is not None:
        at, one = before
        older = and_(launches.c.asked_at == at, launches.c.id < one)
        query = query.where(or_(launches.c.asked_at < at, older))
    rows = await tx.execute(query.order_by(launches.c.asked_at.desc(), launches.c.id.desc()).limit(limit))
    return [Launched(row.id, row.email, Role(row.role), row.correlation_id, row.asked_at) for row in rows]


async def seen(tx: Tx, session_id: UUID, before: int | None, limit: int) -> list[Seen]:
    """Evidence that was recorded before the number `before`, superseded pieces too."""
    query = select(evidence).where(evidence.c.session_id == session_id)
    if before is not None:
        query = query.where(evidence.c.id < before)
    rows = await tx.execute(query.order_by(evidence.c.id.desc()).limit(limit))
    return [_seen(row) for row in rows]


async def _add(tx: Tx, **values: Any) -> None:
    await tx.execute(insert(tx, session_events).values(**values))


def _plain(draft: SessionDraft) -> dict[str, Any]:
    return {
        "title": draft.title,
        "starts_at": draft.starts_at.isoformat(),
        "ends_at": draft.ends_at.isoformat(),
        "lo_id": draft.lo_id,
        "instructors": None if draft.instructors is None else list(draft.instructors),
    }


def _event(row: Row[Any]) -> Event:
    return Event(
        id=row.id,
        at=row.at,
        kind=EventKind(row.kind),
        deed=row.deed,
        who=row.who,
        correlation_id=row.correlation_id,
        outcome=row.outcome,
        message=row.message,
        details=row.details,
    )


def _seen(row: Row[Any]) -> Seen:
    return Seen(
        id=row.id,
        email=row.email,
        kind=Kind(row.kind),
        source=row.source,
        started_at=row.started_at,
        ended_at=row.ended_at,
        recorded_at=row.recorded_at,
        superseded_at=row.superseded_at,
    )
