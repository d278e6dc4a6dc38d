"""Registries of instructors as people look at them: found, page by page, in one vendor and over all."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select

from app.db.database import Tx
from app.db.instructors import Faculty, Instructor, instructor_of
from app.db.tables import instructors, vendors
from app.domain.people import person_key


@dataclass(frozen=True, slots=True)
class Sought:
    """Which instructors: part of the address or of the name, state (None: any)."""

    text: str = ""
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class Enlisted:
    """An instructor among those of all vendors; the same person may be one of several."""

    instructor: Instructor
    vendor_id: UUID
    vendor: str

    @property
    def place(self) -> tuple[str, UUID]:
        """Where it stands in a list: a cursor."""
        return self.instructor.person.key, self.instructor.id


async def find_by_id(tx: Tx, faculty: Faculty, instructor_id: UUID) -> Instructor | None:
    """One of this registry; another one's is not found."""
    mine = select(instructors).where(faculty.theirs, instructors.c.id == instructor_id)
    row = (await tx.execute(mine)).first()
    return None if row is None else instructor_of(row)


async def known(tx: Tx, faculty: Faculty, keys: Collection[str]) -> dict[str, Instructor]:
    """Those of these person keys that the registry has."""
    rows = await tx.execute(select(instructors).where(faculty.theirs, instructors.c.email_key.in_(keys)))
    return {row.email_key: instructor_of(row) for row in rows}


async def page(tx: Tx, faculty: Faculty, sought: str, after: str | None, limit: int) -> list[Instructor]:
    """The next instructors behind the person key `after`; `sought` is part of the address or a name."""
    query = select(instructors).where(faculty.theirs, *_fitting(Sought(sought)))
    if after is not None:
        query = query.where(instructors.c.email_key > after)
    rows = await tx.execute(query.order_by(instructors.c.email_key).limit(limit))
    return [instructor_of(row) for row in rows]


async def everywhere(
    tx: Tx, tenant_id: UUID, sought: Sought, after: tuple[str, UUID] | None, limit: int
) -> list[Enlisted]:
    """The next instructors of all vendors behind `after`, by address."""
    integrated, by_hand = vendors.alias("integrated"), vendors.alias("by_hand")
    vendor_id = func.coalesce(integrated.c.id, by_hand.c.id)
    query = (
        select(
            instructors,
            vendor_id.label("of_vendor"),
            func.coalesce(integrated.c.name, by_hand.c.name).label("vendor"),
        )
        .outerjoin(integrated, integrated.c.connection_id == instructors.c.connection_id)
        .outerjoin(by_hand, by_hand.c.id == instructors.c.vendor_id)
        .where(instructors.c.tenant_id == tenant_id, vendor_id.is_not(None), *_fitting(sought))
    )
    if after is not None:
        key, id_ = instructors.c.email_key, instructors.c.id
        query = query.where(or_(key > after[0], and_(key == after[0], id_ > after[1])))
    rows = await tx.execute(query.order_by(instructors.c.email_key, instructors.c.id).limit(limit))
    return [Enlisted(instructor_of(row), row.of_vendor, row.vendor) for row in rows]


def _fitting(sought: Sought) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if sought.active is not None:
        found.append(instructors.c.active == sought.active)
    if sought.text:
        text = person_key(sought.text)
        name = func.lower(instructors.c.first_name + " " + instructors.c.last_name)
        address = instructors.c.email_key.contains(text, autoescape=True)
        found.append(or_(address, name.contains(text, autoescape=True)))
    return found
