"""Where people's names stand, in every table: found for an export, replaced for an erasure.

A new column that names people belongs into this file; a test goes through all tables and asks.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, and_, delete, func, or_, select, update

from app.db.database import Tx
from app.db.persons import Person
from app.db.tables import (
    answers,
    calendar_feeds,
    evidence,
    grants,
    identities,
    instructor_renames,
    instructors,
    invitations,
    launches,
    logins,
    roster_marks,
    rosters,
    session_events,
    session_instructors,
    sessions,
    users,
)
from app.domain.people import person_key

UNTOLD = {"password", "digest", "sealed_hint", "request", "body", "headers"}  # secrets, and what is sealed


@dataclass(frozen=True, slots=True)
class InstructorPlace:
    """A connection with the person's key among its instructors, and the provider's own name, where known."""

    connection_id: UUID
    key: str
    identity: str | None


async def traces(tx: Tx, person: Person) -> dict[str, list[dict[str, Any]]]:
    """Every row that names the person, by table; secrets are left out."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table, condition in _places(person):
        rows = (await tx.execute(select(table).where(condition))).mappings().all()
        if rows:
            found[table.name] = [{k: v for k, v in row.items() if k not in UNTOLD} for row in rows]
    told = await _told(tx, person)
    if told:
        found[session_events.name] = [row for row, _ in told]
    return found


async def erase(tx: Tx, person: Person, pseudonym: str, now: datetime) -> dict[str, int]:
    """Put the pseudonym wherever the person is named; says how many rows of which table. The rows stay, so
    that totals do; what only served to sign in goes."""
    counts: dict[str, int] = {}
    for table in (logins, invitations, grants, identities, calendar_feeds):
        gone = await tx.execute(delete(table).where(table.c.user_id.in_(person.user_ids)))
        counts[table.name] = gone.rowcount
    counts[answers.name] = (await tx.execute(delete(answers).where(_answers(person)))).rowcount
    counts[session_events.name] = await _retell(tx, person, pseudonym)
    await _one_line_each(tx, person, pseudonym, now)
    for table, condition, values in _replacements(person, pseudonym, now):
        changed = await tx.execute(update(table).where(condition).values(**values))
        counts[table.name] = counts.get(table.name, 0) + changed.rowcount
    return {name: count for name, count in counts.items() if count}


def _places(person: Person) -> list[tuple[Table, ColumnElement[bool]]]:
    ours = _of_tenant(person)
    return [
        (users, _users(person)),
        *(
            (table, table.c.user_id.in_(person.user_ids))
            for table in (logins, invitations, grants, identities, calendar_feeds)
        ),
        (answers, _answers(person)),
        (instructors, _instructors(person)),
        (instructor_renames, _renames(person)),
        (sessions, _created(person)),
        (
            session_instructors,
            and_(session_instructors.c.email_key.in_(person.keys), ours(session_instructors)),
        ),
        (launches, and_(launches.c.person_key.in_(person.keys), ours(launches))),
        (evidence, and_(evidence.c.person_key.in_(person.keys), ours(evidence))),
        (roster_marks, and_(_marks(person), ours(roster_marks))),
        (rosters, and_(rosters.c.fetched_by.in_(person.whos), ours(rosters))),
    ]


def _replacements(
    person: Person, pseudonym: str, now: datetime
) -> list[tuple[Table, ColumnElement[bool], dict[str, Any]]]:
    ours, who, marks = _of_tenant(person), f"user:{pseudonym}", roster_marks.c
    named = {"email": pseudonym, "email_key": pseudonym}
    seen = {"email": pseudonym, "person_key": pseudonym}
    renamed = {"old_key": pseudonym, "old_email": pseudonym, "new_email": pseudonym}
    shut = {"name": "", "password": None, "active": False, "updated_at": now}
    return [
        (users, _users(person), {**named, **shut, "revision": users.c.revision + 1}),
        (instructors, _instructors(person), {**named, **_nobody(now)}),
        (instructor_renames, _renames(person), renamed),
        (sessions, _created(person), {"creator_email": pseudonym}),
        (
            session_instructors,
            and_(session_instructors.c.email_key.in_(person.keys), ours(session_instructors)),
            named,
        ),
        (launches, and_(launches.c.person_key.in_(person.keys), ours(launches)), seen),
        (evidence, and_(evidence.c.person_key.in_(person.keys), ours(evidence)), seen),
        (
            roster_marks,
            and_(marks.person_key.in_(person.keys), ours(roster_marks)),
            {**seen, "reason": "(erased)"},
        ),
        (roster_marks, and_(marks.made_by.in_(person.whos), ours(roster_marks)), {"made_by": who}),
        (roster_marks, and_(marks.removed_by.in_(person.whos), ours(roster_marks)), {"removed_by": who}),
        (rosters, and_(rosters.c.fetched_by.in_(person.whos), ours(rosters)), {"fetched_by": who}),
    ]


def _nobody(now: datetime) -> dict[str, Any]:
    """What is left of an instructor beside the address."""
    return {
        "first_name": "",
        "last_name": "",
        "provider_identity": None,
        "active": False,
        "revision": instructors.c.revision + 1,
        "updated_at": now,
    }


async def _one_line_each(tx: Tx, person: Person, pseudonym: str, now: datetime) -> None:
    """Where several of the person's addresses stand in one list, one of them is enough for the pseudonym."""
    faculty: ColumnElement[Any] = func.coalesce(instructors.c.connection_id, instructors.c.vendor_id)
    for table, group in ((session_instructors, session_instructors.c.session_id), (instructors, faculty)):
        condition: ColumnElement[bool] = table.c.email_key.in_(person.keys)
        if table is instructors:
            condition = and_(condition, instructors.c.tenant_id == person.tenant_id)
        rows = (await tx.execute(select(group, table.c.email_key).where(condition))).all()
        kept: set[Any] = set()
        for number, (place, key) in enumerate(sorted(rows, key=str)):
            if place not in kept:
                kept.add(place)
                continue
            double = and_(group == place, table.c.email_key == key)
            if table is session_instructors:
                await tx.execute(delete(table).where(double))
            else:
                values = {**_nobody(now), "email": pseudonym, "email_key": f"{pseudonym}#{number}"}
                await tx.execute(update(table).where(double).values(**values))


async def _told(tx: Tx, person: Person) -> list[tuple[dict[str, Any], list[str]]]:
    """Requests of the LMS that named the person, with the names in them."""
    taught = select(session_instructors.c.session_id).where(session_instructors.c.email_key.in_(person.keys))
    query = select(session_events).where(
        session_events.c.session_id.in_(taught), _of_tenant(person)(session_events)
    )
    found = []
    for row in (await tx.execute(query)).mappings():
        names = row["details"].get("instructors") or []
        if any(person_key(name) in person.keys for name in names):
            found.append((dict(row), list(names)))
    return found


async def _retell(tx: Tx, person: Person, pseudonym: str) -> int:
    told = await _told(tx, person)
    for row, names in told:
        others = [pseudonym if person_key(name) in person.keys else name for name in names]
        details = {**row["details"], "instructors": others}
        mine = session_events.c.id == row["id"]
        await tx.execute(update(session_events).where(mine).values(details=details))
    return len(told)


def _of_tenant(person: Person) -> Any:
    mine: Select[Any] = select(sessions.c.id).where(sessions.c.tenant_id == person.tenant_id)
    return lambda table: table.c.session_id.in_(mine)


def _users(person: Person) -> ColumnElement[bool]:
    return and_(users.c.tenant_id == person.tenant_id, users.c.email_key.in_(person.keys))


def _instructors(person: Person) -> ColumnElement[bool]:
    return and_(instructors.c.tenant_id == person.tenant_id, instructors.c.email_key.in_(person.keys))


def _renames(person: Person) -> ColumnElement[bool]:
    table = instructor_renames.c
    return and_(table.tenant_id == person.tenant_id, table.old_key.in_(person.keys))


def _created(person: Person) -> ColumnElement[bool]:
    return and_(sessions.c.tenant_id == person.tenant_id, sessions.c.creator_email.in_(person.spellings))


def _answers(person: Person) -> ColumnElement[bool]:
    return and_(answers.c.tenant_id == person.tenant_id, answers.c.actor.in_(person.whos))


def _marks(person: Person) -> ColumnElement[bool]:
    table = roster_marks.c
    by = or_(table.made_by.in_(person.whos), table.removed_by.in_(person.whos))
    return or_(table.person_key.in_(person.keys), by)


async def instructor_places(tx: Tx, person: Person) -> list[InstructorPlace]:
    """At which connections the person is an instructor."""
    table = instructors.c
    here = and_(_instructors(person), table.connection_id.is_not(None))
    query = select(table.connection_id, table.email_key, table.provider_identity).where(here)
    return [InstructorPlace(*row) for row in await tx.execute(query)]
