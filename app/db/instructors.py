"""The instructor registry of each connection, its renames, and who presents in a session."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, func, select, update

from app.db.database import Tx, insert
from app.db.tables import instructor_renames, instructors, session_instructors
from app.db.tenants import Place
from app.domain.people import InstructorDraft, Person, person_key
from app.domain.session import Session

PRESENTERS_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Instructor:
    """One row of the registry. `identity` is the provider's own name for the person, where known."""

    id: UUID
    connection_id: UUID
    email: str
    first_name: str
    last_name: str
    active: bool
    identity: str | None
    revision: int = 1

    @property
    def person(self) -> Person:
        return Person(self.email, f"{self.first_name} {self.last_name}".strip(), self.identity or "")


async def find(tx: Tx, connection_id: UUID, email: str) -> Instructor | None:
    row = (
        await tx.execute(
            select(instructors).where(
                instructors.c.connection_id == connection_id, instructors.c.email_key == person_key(email)
            )
        )
    ).first()
    return None if row is None else _instructor(row)


async def find_by_id(tx: Tx, connection_id: UUID, instructor_id: UUID) -> Instructor | None:
    """The connection's instructor; another connection's is not found."""
    mine = (instructors.c.connection_id == connection_id) & (instructors.c.id == instructor_id)
    row = (await tx.execute(select(instructors).where(mine))).first()
    return None if row is None else _instructor(row)


async def page(tx: Tx, connection_id: UUID, sought: str, after: str | None, limit: int) -> list[Instructor]:
    """The next instructors behind the person key `after`; `sought` is part of the address or a name."""
    query = select(instructors).where(instructors.c.connection_id == connection_id)
    if sought:
        text = person_key(sought)
        query = query.where(
            instructors.c.email_key.contains(text, autoescape=True)
            | func.lower(instructors.c.first_name + " " + instructors.c.last_name).contains(
                text, autoescape=True
            )
        )
    if after is not None:
        query = query.where(instructors.c.email_key > after)
    rows = await tx.execute(query.order_by(instructors.c.email_key).limit(limit))
    return [_instructor(row) for row in rows]


async def identities(tx: Tx, connection_id: UUID) -> list[tuple[str, str]]:
    """(the provider's own name, e-mail) of everybody whose name at the provider is known."""
    mine = (instructors.c.connection_id == connection_id) & instructors.c.provider_identity.is_not(None)
    rows = await tx.execute(select(instructors.c.provider_identity, instructors.c.email).where(mine))
    return [(row.provider_identity, row.email) for row in rows]


async def put(tx: Tx, place: Place, draft: InstructorDraft, identity: str | None, now: datetime) -> None:
    """Add, or bring up to date, by e-mail. `active` None leaves a known one as it is; a new one is active."""
    values: dict[str, Any] = {
        "email": draft.email,
        "first_name": draft.first_name,
        "last_name": draft.last_name,
        "updated_at": now,
    }
    if identity is not None:
        values["provider_identity"] = identity
    changes = {**values, "revision": instructors.c.revision + 1}
    if draft.active is not None:
        changes["active"] = draft.active
    await tx.execute(
        insert(tx, instructors)
        .values(
            id=uuid4(),
            tenant_id=place.tenant_id,
            connection_id=place.connection_id,
            email_key=person_key(draft.email),
            active=draft.active is not False,
            revision=1,
            created_at=now,
            **values,
        )
        .on_conflict_do_update(index_elements=["connection_id", "email_key"], set_=changes)
    )


async def rename(tx: Tx, place: Place, known: Instructor, new_email: str, now: datetime) -> None:
    """Give a known instructor another address and remember the old one. If the new address is a known
    instructor already, the old record steps back and the other one is the person."""
    other = await find(tx, place.connection_id, new_email)
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
            tenant_id=place.tenant_id,
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
            Person(row[0]) if row.id is None else _instructor(row).person
            for row in rows
            if row.id is None or row.active
        )
    everyone = (
        select(instructors)
        .where(instructors.c.connection_id == session.connection_id, instructors.c.active)
        .order_by(instructors.c.email_key)
        .limit(PRESENTERS_AT_MOST)
    )
    return tuple(_instructor(row).person for row in (await tx.execute(everyone)).all())


def _instructor(row: Row[Any]) -> Instructor:
    return Instructor(
        id=row.id,
        connection_id=row.connection_id,
        email=row._mapping[instructors.c.email],
        first_name=row.first_name,
        last_name=row.last_name,
        active=row.active,
        identity=row.provider_identity,
        revision=row.revision,
    )
