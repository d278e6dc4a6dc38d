"""The instructor registry of each connection, its renames, and who presents in a session.

A vendor that was made by hand has a registry of its own. How people look at registries: `faculties`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Insert, Row, func, select, update

from app.db.database import Tx, insert
from app.db.tables import instructor_renames, instructors, session_instructors
from app.domain.people import InstructorDraft, Person, person_key
from app.domain.session import Session

PRESENTERS_AT_MOST = 100
TOLD = ("email", "first_name", "last_name", "updated_at")


@dataclass(frozen=True, slots=True)
class Faculty:
    """Whose registry: a connection's or, without one, that of a vendor made by hand. One of the two."""

    tenant_id: UUID
    connection_id: UUID | None = None
    vendor_id: UUID | None = None

    @property
    def name(self) -> str:
        """What tells it from all others."""
        return str(self.connection_id or self.vendor_id)

    @property
    def theirs(self) -> ColumnElement[bool]:
        """The condition on rows of `instructors`."""
        if self.connection_id is None:
            return instructors.c.vendor_id == self.vendor_id
        return instructors.c.connection_id == self.connection_id


@dataclass(frozen=True, slots=True)
class Instructor:
    """One row of the registry. `identity` is the provider's own name for the person, where known.

    `vendor_id` is None where a connection stands behind the vendor.
    """

    id: UUID
    connection_id: UUID | None
    vendor_id: UUID | None
    email: str
    first_name: str
    last_name: str
    active: bool
    identity: str | None
    revision: int = 1

    @property
    def person(self) -> Person:
        return Person(self.email, f"{self.first_name} {self.last_name}".strip(), self.identity or "")


async def find(tx: Tx, faculty: Faculty, email: str) -> Instructor | None:
    mine = select(instructors).where(faculty.theirs, instructors.c.email_key == person_key(email))
    row = (await tx.execute(mine)).first()
    return None if row is None else instructor_of(row)


async def identities(tx: Tx, connection_id: UUID) -> list[tuple[str, str]]:
    """(the provider's own name, e-mail) of everybody whose name at the provider is known."""
    mine = (instructors.c.connection_id == connection_id) & instructors.c.provider_identity.is_not(None)
    rows = await tx.execute(select(instructors.c.provider_identity, instructors.c.email).where(mine))
    return [(row.provider_identity, row.email) for row in rows]


async def put(
    tx: Tx, faculty: Faculty, people: Sequence[tuple[InstructorDraft, str | None]], now: datetime
) -> None:
    """Add, or bring up to date, by e-mail; each with the provider's own name for them, None where unknown.

    `active` None leaves a known one as it is; a new one is active.
    """
    silent = [one for one in people if one[0].active is None]
    telling = [one for one in people if one[0].active is not None]
    for some, changed in ((silent, TOLD), (telling, (*TOLD, "active"))):
        if some:
            rows = [_columns(faculty, draft, name, now) for draft, name in some]
            await tx.execute(_put(tx, faculty, changed), rows)


def _put(tx: Tx, faculty: Faculty, changed: Sequence[str]) -> Insert:
    row = insert(tx, instructors)
    changes: dict[str, Any] = {name: row.excluded[name] for name in changed}
    identity = func.coalesce(row.excluded.provider_identity, instructors.c.provider_identity)
    changes |= {"provider_identity": identity, "revision": instructors.c.revision + 1}
    owner = "vendor_id" if faculty.connection_id is None else "connection_id"
    return row.on_conflict_do_update(index_elements=[owner, "email_key"], set_=changes)


def _columns(faculty: Faculty, draft: InstructorDraft, identity: str | None, now: datetime) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "tenant_id": faculty.tenant_id,
        "connection_id": faculty.connection_id,
        "vendor_id": faculty.vendor_id,
        "email": draft.email,
        "email_key": person_key(draft.email),
        "first_name": draft.first_name,
        "last_name": draft.last_name,
        "active": draft.active is not False,
        "provider_identity": identity,
        "revision": 1,
        "created_at": now,
        "updated_at": now,
    }


async def rename(tx: Tx, faculty: Faculty, known: Instructor, new_email: str, now: datetime) -> None:
    """Give a known instructor another address and remember the old one. If the new address is a known
    instructor already, the old record steps back and the other one is the person."""
    other = await find(tx, faculty, new_email)
    change: dict[str, Any] = {
        "email": new_email,
        "email_key": person_key(new_email),
        "provider_identity": None,
    }
    if other is not None and other.id != known.id:
        change = {"active": False}
    changed = update(instructors).where(instructors.c.id == known.id)
    await tx.execute(changed.values(updated_at=now, revision=instructors.c.revision + 1, **change))
    await tx.execute(
        insert(tx, instructor_renames).values(
            instructor_id=known.id,
            tenant_id=faculty.tenant_id,
            old_key=person_key(known.email),
            old_email=known.email,
            new_email=new_email,
            renamed_at=now,
        )
    )


async def presenters(tx: Tx, session: Session) -> tuple[Person, ...]:
    """Who presents: the session's instructors; where the LMS names none, the connection's active ones.

    A deactivated instructor never presents. Somebody named but not in the registry does.
    """
    listed = (
        select(session_instructors.c.email, instructors)
        .join_from(
            session_instructors,
            instructors,
            (instructors.c.email_key == session_instructors.c.email_key)
            & (instructors.c.connection_id == session.connection_id),
            isouter=True,
        )
        .where(session_instructors.c.session_id == session.id, session_instructors.c.removed_at.is_(None))
        .order_by(session_instructors.c.email_key)
    )
    rows = (await tx.execute(listed)).all()
    if rows:
        return tuple(
            Person(row[0]) if row.id is None else instructor_of(row).person
            for row in rows
            if row.id is None or row.active
        )
    everyone = (
        select(instructors)
        .where(instructors.c.connection_id == session.connection_id, instructors.c.active)
        .order_by(instructors.c.email_key)
        .limit(PRESENTERS_AT_MOST)
    )
    return tuple(instructor_of(row).person for row in (await tx.execute(everyone)).all())


def instructor_of(row: Row[Any]) -> Instructor:
    """A row of `instructors`, whatever else the query has asked for beside it."""
    return Instructor(
        id=row.id,
        connection_id=row.connection_id,
        vendor_id=row.vendor_id,
        email=row._mapping[instructors.c.email],
        first_name=row.first_name,
        last_name=row.last_name,
        active=row.active,
        identity=row.provider_identity,
        revision=row.revision,
    )
