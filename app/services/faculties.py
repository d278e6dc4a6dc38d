"""The instructors of a vendor, as people manage them: found, added, edited, renamed, switched off."""

from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from app.db import faculties, instructors, vendors
from app.db.database import Database, Tx
from app.db.faculties import Enlisted as Enlisted
from app.db.faculties import Sought as Sought
from app.db.instructors import Faculty
from app.db.instructors import Instructor as Instructor
from app.db.turns import take_turn
from app.db.vendors import Vendor
from app.domain.actor import Actor
from app.domain.errors import Conflict, InstructorNotFound, InvalidRequest, NotFound, Stale
from app.domain.people import InstructorDraft, is_email
from app.domain.permissions import Scope
from app.services.instructors import Instructors
from app.services.searching import sought

LONGEST_NAME = 100  # the LMS's own limit (contract A8)
INACTIVE = "This vendor is not active. Activate it first: where an integration made it, in Edge Integrate."


@dataclass(frozen=True, slots=True)
class InstructorEdit:
    """What shall be otherwise; None stays. Another `email` is a rename: history and sessions follow."""

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    active: bool | None = None


class Faculties:
    """Each vendor's faculty. Shares every step with the LMS's door, and tells duplicates kindly."""

    def __init__(self, db: Database, registry: Instructors) -> None:
        self._db, self._registry = db, registry

    async def page(
        self, actor: Actor, vendor_id: UUID, wanted: str, after: str | None, limit: int
    ) -> list[Instructor]:
        """The next instructors behind the person key `after`. Raises NotFound."""
        actor.require(Scope.ILT_VENDORS_VIEW)
        async with self._db.read() as tx:
            faculty = faculty_of(await find_vendor(tx, actor, vendor_id))
            return await faculties.page(tx, faculty, sought(wanted), after, limit)

    async def everywhere(
        self, actor: Actor, wanted: Sought, after: tuple[str, UUID] | None, limit: int
    ) -> list[Enlisted]:
        """The next instructors of all vendors behind `after` (an `Enlisted.place`), by address."""
        actor.require(Scope.ILT_VENDORS_VIEW)
        wanted = replace(wanted, text=sought(wanted.text))
        async with self._db.read() as tx:
            return await faculties.everywhere(tx, actor.tenant_id, wanted, after, limit)

    async def get(self, actor: Actor, vendor_id: UUID, instructor_id: UUID) -> Instructor:
        """One instructor of that vendor. Raises NotFound, InstructorNotFound."""
        actor.require(Scope.ILT_VENDORS_VIEW)
        async with self._db.read() as tx:
            faculty = faculty_of(await find_vendor(tx, actor, vendor_id))
            return await _known(tx, faculty, instructor_id)

    async def add(self, actor: Actor, vendor_id: UUID, draft: InstructorDraft) -> Instructor:
        """Somebody new whom the provider, where there is one, knows.

        Raises PersonUnknown, InvalidRequest, Conflict.
        """
        actor.require(Scope.ILT_VENDORS_UPDATE)
        draft = _checked(draft)
        async with self._db.read() as tx:
            vendor = await find_vendor(tx, actor, vendor_id)
            faculty = faculty_of(vendor)
            await _refuse_duplicate(tx, faculty, draft.email, None)
        if not vendor.active:
            raise Conflict(INACTIVE)
        checked = await self._registry.check(faculty, draft)
        async with self._db.begin() as tx:
            await take_turn(tx, f"instructors {faculty.name}")
            await _refuse_duplicate(tx, faculty, draft.email, None)
            await self._registry.keep(tx, faculty, checked, None)
            added = await _stored(tx, faculty, draft.email)
            await self._registry.note(tx, actor, None, added)
        self._registry.hasten()
        return added

    async def change(
        self,
        actor: Actor,
        vendor_id: UUID,
        instructor_id: UUID,
        edit: InstructorEdit,
        expected: int | None = None,
    ) -> Instructor:
        """Correct, rename, switch on or off. Raises as `add`, and Stale, NotFound, InstructorNotFound."""
        actor.require(Scope.ILT_VENDORS_UPDATE)
        async with self._db.read() as tx:
            vendor = await find_vendor(tx, actor, vendor_id)
            faculty = faculty_of(vendor)
            known = await _known(tx, faculty, instructor_id)
        draft = _checked(_edited(known, edit))
        if expected is not None and known.revision != expected:
            raise Stale
        if draft.active and not vendor.active:
            raise Conflict(INACTIVE)
        checked = await self._registry.check(faculty, draft)
        async with self._db.begin() as tx:
            await take_turn(tx, f"instructors {faculty.name}")
            if (await _known(tx, faculty, instructor_id)).revision != known.revision:
                raise Stale
            await _refuse_duplicate(tx, faculty, draft.email, known)
            await self._registry.keep(tx, faculty, checked, known)
            stored = await _stored(tx, faculty, draft.email)
            await self._registry.note(tx, actor, known, stored)
        self._registry.hasten()
        return stored


async def find_vendor(tx: Tx, actor: Actor, vendor_id: UUID) -> Vendor:
    """The vendor. Raises NotFound, for another tenant's too."""
    found = await vendors.find(tx, actor.tenant_id, vendor_id)
    if found is None:
        raise NotFound("There is no such vendor.")
    return found


def faculty_of(vendor: Vendor) -> Faculty:
    """Whose registry it is: its connection's or, where it was made by hand, its own."""
    if vendor.connection_id is None:
        return Faculty(vendor.tenant_id, vendor_id=vendor.id)
    return Faculty(vendor.tenant_id, vendor.connection_id)


async def _known(tx: Tx, faculty: Faculty, instructor_id: UUID) -> Instructor:
    found = await faculties.find_by_id(tx, faculty, instructor_id)
    if found is None:
        raise InstructorNotFound
    return found


async def _stored(tx: Tx, faculty: Faculty, email: str) -> Instructor:
    found = await instructors.find(tx, faculty, email)
    assert found is not None, "it was stored a moment ago"
    return found


async def _refuse_duplicate(tx: Tx, faculty: Faculty, email: str, known: Instructor | None) -> None:
    other = await instructors.find(tx, faculty, email)
    if other is None or (known is not None and other.id == known.id):
        return
    name = other.person.name or "Somebody"
    if other.active:
        raise Conflict(f"{name} is an instructor of this vendor already, with this e-mail address.")
    raise Conflict(f"{name} has this e-mail address and is deactivated. Activate the existing entry instead.")


def _edited(known: Instructor, edit: InstructorEdit) -> InstructorDraft:
    wanted = {name: value for name, value in asdict(edit).items() if value is not None}
    present: dict[str, Any] = {
        "email": known.email,
        "first_name": known.first_name,
        "last_name": known.last_name,
        "active": known.active,
    }
    return InstructorDraft(**{**present, **wanted})


def _checked(draft: InstructorDraft) -> InstructorDraft:
    """Trimmed. Raises InvalidRequest, naming the field."""
    email, first, last = draft.email.strip(), draft.first_name.strip(), draft.last_name.strip()
    if not is_email(email):
        raise InvalidRequest("The e-mail address is not one. Write it like name@example.com.")
    for title, name in (("first name", first), ("last name", last)):
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise InvalidRequest(f"The {title} must have 1 to {LONGEST_NAME} printable characters.")
    return InstructorDraft(email, first, last, draft.active)
