"""Launches: the record of each, with the role that it gives; and what a held link leads to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Join, Text, Uuid, and_, case, exists, join, or_, select, true

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
from app.domain.people import Role, person_key
from app.domain.session import Session, SessionState, session_key

_ELSEWHERE = instructors.alias("elsewhere")


@dataclass(frozen=True, slots=True)
class Wish:
    """One person's wish to be let in. `id`: of its record, and of the link."""

    id: UUID
    tenant_id: UUID
    external_id: str
    email: str
    correlation_id: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class HeldLink:
    """Everything behind a link that somebody opened. The role is that of this moment."""

    launch_id: UUID
    email: str
    name: str
    role: Role
    session: Session
    provider: str


_WISH: Columns = {
    "id": Uuid(),
    "tenant_id": Uuid(),
    "session_key": Text(),
    "person_key": Text(),
    "email": Text(),
    "correlation_id": Text(),
    "asked_at": MOMENT,
}


async def record(lane: Lane, wishes: Sequence[Wish]) -> list[Role | None]:
    """Keep as evidence that these people are given a link; their roles, which are recorded with it.

    None, and no record, where the portal has no such session, or it is cancelled. One statement for all of
    them, harmless to repeat.
    """
    values = [
        (
            wish.id,
            wish.tenant_id,
            session_key(wish.external_id),
            person_key(wish.email),
            wish.email,
            wish.correlation_id,
            wish.asked_at,
        )
        for wish in wishes
    ]
    recorded = await lane.fetch(_record(lane.dialect), rows(lane.dialect, _WISH, values))
    roles = {as_uuid(id_): Role(role) for id_, role in recorded}
    return [roles.get(wish.id) for wish in wishes]


@cache  # to put the statement together anew costs as much as to run it
def _record(dialect: str) -> Statement:
    table = asked(dialect, _WISH)
    wish = table.c
    wanted = and_(
        sessions.c.tenant_id == wish.tenant_id,
        sessions.c.session_key == wish.session_key,
        sessions.c.state != SessionState.CANCELLED,
    )
    known = {
        launches.c.id: wish.id,
        launches.c.session_id: sessions.c.id,
        launches.c.person_key: wish.person_key,
        launches.c.email: wish.email,
        launches.c.role: _role(wish.person_key),
        launches.c.correlation_id: wish.correlation_id,
        launches.c.asked_at: wish.asked_at,
    }
    people = _beside_the_person(join(table, sessions, wanted), wish.person_key)
    # SQLite's grammar wants a WHERE here. A repetition changes nothing, but tells the role again.
    every = select(*known.values()).select_from(people).where(true())
    adding = insert_on(dialect, launches).from_select([*known], every)
    again = adding.on_conflict_do_update(index_elements=["id"], set_={"id": adding.excluded.id})
    return written(dialect, again.returning(launches.c.id, launches.c.role))


async def held_link(tx: Tx, launch_id: UUID) -> HeldLink | None:
    """What the link leads to now. An instructor renamed since the launch is still the same person."""
    found = await tx.execute(select(launches).where(launches.c.id == launch_id))
    launched = found.first()
    if launched is None:
        return None
    session = await session_rows.get(tx, launched.session_id)
    key = await _present_key(tx, session.tenant_id, launched.person_key)
    held = _beside_the_person(join(sessions, connections, connections.c.id == sessions.c.connection_id), key)
    query = select(connections.c.provider, _role(key).label("role")).select_from(held)
    row = (await tx.execute(query.where(sessions.c.id == session.id))).one()
    name = await _name(tx, session, key)
    return HeldLink(launch_id, launched.email, name, Role(row.role), session, row.provider)


def _beside_the_person(of: Join, key: Any) -> Join:
    """`of`, which has `sessions` in it, with what the class and its connection know of the person."""
    named = and_(session_instructors.c.session_id == sessions.c.id, session_instructors.c.email_key == key)
    known = and_(instructors.c.connection_id == sessions.c.connection_id, instructors.c.email_key == key)
    return of.outerjoin(session_instructors, named).outerjoin(instructors, known)


def _role(key: Any) -> ColumnElement[str]:
    """Session instructors first, else the registry, else learner (contract C, "role at launch").

    Whoever was deactivated, or taken off this session, is a learner here whatever else is said. The registry
    of the session's own connection decides; without a row there, the portal's others.
    """
    named, known, other = session_instructors.c, instructors.c, _ELSEWHERE.c
    elsewhere = exists().where(
        other.tenant_id == sessions.c.tenant_id, other.email_key == key, other.active == true()
    )
    return case(
        (or_(known.active.is_(False), named.removed_at.is_not(None)), Role.LEARNER.value),
        (or_(named.session_id.is_not(None), known.active.is_(True), elsewhere), Role.INSTRUCTOR.value),
        else_=Role.LEARNER.value,
    )


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
