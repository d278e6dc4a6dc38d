"""Presence in the practice room: one row of evidence per uninterrupted stay, ended at its last heartbeat.

`instance` reads `visit:number`, and `visit:number:left` once the person has said goodbye. It means nothing
to anybody else: silence ends a stay by itself, so only a goodbye has to be written down.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, case, func, insert, select, update

from app.db.database import Tx
from app.db.tables import evidence, instructors, launches, sessions
from app.domain.attendance import Kind
from app.domain.people import Person, Role

SOURCE = "room"
_LEFT = ":left"


@dataclass(frozen=True, slots=True)
class Link:
    """Whose presence it is: the signed link that was opened. Every row is bound to it."""

    session_id: UUID
    launch_id: UUID
    person: Person


@dataclass(frozen=True, slots=True)
class Stay:
    """An uninterrupted time in the room; `number` counts the stays of one visit from 0."""

    row_id: int
    number: int
    ended_at: datetime
    left: bool


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who is in the room; `name` is empty where only the e-mail is known."""

    person: Person
    role: Role
    since: datetime


async def begin(tx: Tx, link: Link, visit: UUID, number: int, at: datetime) -> None:
    """A new stay, of no length yet."""
    await tx.execute(
        insert(evidence).values(
            session_id=link.session_id,
            launch_id=link.launch_id,
            person_key=link.person.key,
            email=link.person.email,
            kind=Kind.PRESENT,
            source=SOURCE,
            instance=f"{visit}:{number}",
            started_at=at,
            ended_at=at,
            recorded_at=at,
        )
    )


async def prolong(tx: Tx, link: Link, visit: UUID, at: datetime, alive_since: datetime) -> bool:
    """Bring the stay that was alive at `alive_since` or later up to `at`, never back; False if none was."""
    done = await tx.execute(
        update(evidence)
        .where(_of_visit(link, visit), _still_here(alive_since))
        .values(ended_at=case((evidence.c.ended_at < at, at), else_=evidence.c.ended_at), recorded_at=at)
    )
    return bool(done.rowcount)


async def hold(tx: Tx, link: Link, visit: UUID) -> None:
    """Keep this visit to this transaction, so that two late heartbeats cannot both begin the next stay."""
    await tx.execute(select(evidence.c.id).where(_of_visit(link, visit)).with_for_update())


async def last(tx: Tx, link: Link, visit: UUID) -> Stay | None:
    """The newest stay of the visit; None if this link never began that visit."""
    found = await tx.execute(
        select(evidence.c.id, evidence.c.instance, evidence.c.ended_at)
        .where(_of_visit(link, visit))
        .order_by(evidence.c.id.desc())
        .limit(1)
    )
    row = found.one_or_none()
    return _stay(row) if row else None


async def end(tx: Tx, stay: Stay, visit: UUID, at: datetime) -> None:
    """The person said goodbye at `at`."""
    await tx.execute(
        update(evidence)
        .where(evidence.c.id == stay.row_id)
        .values(ended_at=at, recorded_at=at, instance=f"{visit}:{stay.number}{_LEFT}")
    )


async def count(tx: Tx, link: Link) -> int:
    """How many stays this link has begun."""
    found = await tx.execute(select(func.count()).select_from(evidence).where(_of_link(link)))
    return int(found.scalar_one())


async def present(tx: Tx, session_id: UUID, alive_since: datetime) -> list[Seat]:
    """Every stay that is not over, longest first; a person on two devices appears twice."""
    found = await tx.execute(
        select(
            evidence.c.email,
            evidence.c.started_at,
            launches.c.role,
            instructors.c.first_name,
            instructors.c.last_name,
        )
        .select_from(evidence)
        .join(sessions, sessions.c.id == evidence.c.session_id)
        .outerjoin(launches, launches.c.id == evidence.c.launch_id)
        .outerjoin(
            instructors,
            and_(
                instructors.c.connection_id == sessions.c.connection_id,
                instructors.c.email_key == evidence.c.person_key,
            ),
        )
        .where(evidence.c.session_id == session_id, evidence.c.source == SOURCE, _still_here(alive_since))
        .order_by(evidence.c.started_at, evidence.c.id)
    )
    return [_seat(row) for row in found]


def _of_link(link: Link) -> ColumnElement[bool]:
    return and_(
        evidence.c.session_id == link.session_id,
        evidence.c.person_key == link.person.key,
        evidence.c.launch_id == link.launch_id,
        evidence.c.source == SOURCE,
    )


def _of_visit(link: Link, visit: UUID) -> ColumnElement[bool]:
    return and_(_of_link(link), evidence.c.instance.startswith(f"{visit}:"))


def _still_here(alive_since: datetime) -> ColumnElement[bool]:
    return and_(evidence.c.ended_at >= alive_since, evidence.c.instance.not_like(f"%{_LEFT}"))


def _stay(row: Row[*tuple[Any, ...]]) -> Stay:
    _, number, *goodbye = row.instance.split(":")
    return Stay(row.id, int(number), row.ended_at, bool(goodbye))


def _seat(row: Row[*tuple[Any, ...]]) -> Seat:
    name = f"{row.first_name or ''} {row.last_name or ''}".strip()
    return Seat(Person(row.email, name), Role(row.role or Role.LEARNER), row.started_at)
