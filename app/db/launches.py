"""Launches: what a launch must know, its record, and what a held link leads to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Text, Uuid, case, exists, literal, select, true

from app.db import sessions as session_rows
from app.db.asked import MOMENT, Columns, asked, rows
from app.db.database import Tx, insert_on
from app.db.lane import Lane, Statement, as_uuid, written
from app.db.tables import (
    connections,
    instructor_renames,
    instructors,
    launches,
    session_instructors,
    sessions,
)
from app.domain.people import Role, Standing, person_key
from app.domain.session import Session, SessionState, session_key


@dataclass(frozen=True, slots=True)
class Launch:
    """One person's wish to be let in, as recorded before the LMS gets its answer."""

    id: UUID
    session_id: UUID
    email: str
    role: Role
    correlation_id: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Target:
    """What a launch needs of the session."""

    session_id: UUID
    state: SessionState
    standing: Standing


@dataclass(frozen=True, slots=True)
class HeldLink:
    """Everything behind a link that somebody opened. The standing is that of this moment."""

    launch: Launch
    name: str
    standing: Standing
    session: Session
    provider: str


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants to be let in where."""

    tenant_id: UUID
    external_id: str
    email: str


_WISH: Columns = {"tenant_id": Uuid(), "session_key": Text(), "person_key": Text()}
_LAUNCH: Columns = {
    "id": Uuid(),
    "session_id": Uuid(),
    "person_key": Text(),
    "email": Text(),
    "role": Text(),
    "correlation_id": Text(),
    "asked_at": MOMENT,
}


async def look(lane: Lane, wishes: Sequence[Wish]) -> list[Target | None]:
    """For each wish the session and the person's standing in it, in one query for all of them.

    None where there is no such session, or where it is another portal's.
    """
    values = [(w.tenant_id, session_key(w.external_id), person_key(w.email)) for w in wishes]
    found: list[Target | None] = [None] * len(wishes)
    given = rows(lane.dialect, _WISH, values)
    for place, id_, state, *standing in await lane.fetch(_look(lane.dialect), given):
        found[place] = Target(as_uuid(id_), SessionState(state), _standing(*standing))
    return found


@cache  # to put the statement together anew costs as much as to run it
def _look(dialect: str) -> Statement:
    table = asked(dialect, _WISH)
    query = select(table.c.place, sessions.c.id, sessions.c.state, *_standing_columns(table.c.person_key))
    theirs = (sessions.c.tenant_id == table.c.tenant_id) & (sessions.c.session_key == table.c.session_key)
    return written(dialect, query.join_from(table, sessions, theirs))


async def record(lane: Lane, launched: Sequence[Launch]) -> None:
    """The evidence that these people were given a link; one statement, harmless to repeat."""
    values = [
        (
            launch.id,
            launch.session_id,
            person_key(launch.email),
            launch.email,
            launch.role,
            launch.correlation_id,
            launch.asked_at,
        )
        for launch in launched
    ]
    await lane.fetch(_record(lane.dialect), rows(lane.dialect, _LAUNCH, values))


@cache
def _record(dialect: str) -> Statement:
    table = asked(dialect, _LAUNCH)
    every = select(*(table.c[name] for name in _LAUNCH)).where(true())  # SQLite's grammar wants a WHERE here
    return written(
        dialect, insert_on(dialect, launches).from_select(list(_LAUNCH), every).on_conflict_do_nothing()
    )


async def held_link(tx: Tx, launch_id: UUID) -> HeldLink | None:
    """What the link leads to now. An instructor renamed since the launch is still the same person."""
    found = await tx.execute(select(launches).where(launches.c.id == launch_id))
    launched = found.first()
    if launched is None:
        return None
    session = await session_rows.get(tx, launched.session_id)
    key = await _present_key(tx, session.tenant_id, launched.person_key)
    query = (
        select(connections.c.provider, *_standing_columns(literal(key)))
        .join_from(sessions, connections, connections.c.id == sessions.c.connection_id)
        .where(sessions.c.id == session.id)
    )
    row = (await tx.execute(query)).one()
    name = await _name(tx, session, key)
    standing = _standing(row.listed, row.here, row.elsewhere)
    return HeldLink(_launch(launched), name, standing, session, row.provider)


def _standing_columns(key: ColumnElement[str]) -> list[ColumnElement[Any]]:
    """Columns beside a `sessions` row that say how the person with `key` stands in it."""
    listed = (
        select(case((session_instructors.c.removed_at.is_(None), True), else_=False))
        .where(session_instructors.c.session_id == sessions.c.id, session_instructors.c.email_key == key)
        .scalar_subquery()
    )
    here = (
        select(instructors.c.active)
        .where(instructors.c.connection_id == sessions.c.connection_id, instructors.c.email_key == key)
        .scalar_subquery()
    )
    elsewhere = exists().where(
        instructors.c.tenant_id == sessions.c.tenant_id, instructors.c.email_key == key, instructors.c.active
    )
    return [listed.label("listed"), here.label("here"), elsewhere.label("elsewhere")]


def _standing(listed: Any, here: Any, elsewhere: Any) -> Standing:
    """The registry of the session's own connection decides; without a row there, the portal's others."""
    registered = bool(here) if here is not None else (True if elsewhere else None)
    return Standing(None if listed is None else bool(listed), registered)


async def _present_key(tx: Tx, tenant_id: UUID, key: str) -> str:
    renamed = await tx.scalar(
        select(instructors.c.email_key)
        .join_from(instructor_renames, instructors, instructors.c.id == instructor_renames.c.instructor_id)
        .where(instructor_renames.c.tenant_id == tenant_id, instructor_renames.c.old_key == key)
        .order_by(instructor_renames.c.id.desc())
        .limit(1)
    )
    return renamed or key


async def _name(tx: Tx, session: Session, key: str) -> str:
    row = (
        await tx.execute(
            select(instructors.c.first_name, instructors.c.last_name)
            .where(instructors.c.tenant_id == session.tenant_id, instructors.c.email_key == key)
            .order_by(instructors.c.connection_id.is_distinct_from(session.connection_id))
            .limit(1)
        )
    ).first()
    return f"{row.first_name} {row.last_name}".strip() if row else ""


def _launch(row: Row[Any]) -> Launch:
    return Launch(row.id, row.session_id, row.email, Role(row.role), row.correlation_id, row.asked_at)
