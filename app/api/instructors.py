"""/api/v1/vendors/{id}/instructors: who teaches for a vendor."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from app.api.answers import BasedOn, Once, answer
from app.api.callers import Inside, need
from app.api.slices import Slice, Sliced
from app.domain.actor import Actor
from app.domain.people import InstructorDraft, person_key
from app.domain.permissions import Scope
from app.services.faculties import Instructor, InstructorEdit

router = APIRouter(prefix="/api/v1/vendors/{vendor_id}/instructors", tags=["Vendors"])
Viewing = Annotated[Actor, need(Scope.ILT_VENDORS_VIEW)]
Updating = Annotated[Actor, need(Scope.ILT_VENDORS_UPDATE)]


class InstructorView(BaseModel):
    id: UUID
    email: str
    first_name: str
    last_name: str
    active: bool

    @classmethod
    def of(cls, instructor: Instructor) -> "InstructorView":
        return cls.model_validate(instructor, from_attributes=True)


class NewInstructor(BaseModel):
    email: str
    first_name: str
    last_name: str


class Edit(BaseModel):
    """What is not said stays. Another e-mail address is a rename: history and sessions follow."""

    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    active: bool | None = None


def shown(instructor: Instructor, status: int = 200, location: str = "") -> Response:
    """One instructor with the ETag."""
    return answer(InstructorView.of(instructor), status, revision=instructor.revision, location=location)


@router.get("", summary="A vendor's instructors, by e-mail address")
async def instructors(
    house: Inside,
    actor: Viewing,
    vendor_id: UUID,
    asked: Sliced,
    search: Annotated[str, Query(description="Part of the address or the name.")] = "",
) -> Slice[InstructorView]:
    found = await house.faculties.page(actor, vendor_id, search, asked.text(), asked.limit + 1)
    return asked.cut([InstructorView.of(one) for one in found], key=lambda one: [person_key(one.email)])


@router.post("", status_code=201, response_model=InstructorView, summary="Add an instructor")
async def add(house: Inside, actor: Updating, vendor_id: UUID, new: NewInstructor, once: Once) -> Response:
    """The person is looked up at the provider, where there is one and it has a directory; nobody checks the
    people of a vendor made by hand. A duplicate is a conflict."""

    async def deed() -> Response:
        draft = InstructorDraft(new.email, new.first_name, new.last_name, active=True)
        made = await house.faculties.add(actor, vendor_id, draft)
        return shown(made, 201, f"/api/v1/vendors/{vendor_id}/instructors/{made.id}")

    return await once(deed)


@router.get("/{instructor_id}", response_model=InstructorView, summary="One instructor")
async def instructor(house: Inside, actor: Viewing, vendor_id: UUID, instructor_id: UUID) -> Response:
    return shown(await house.faculties.get(actor, vendor_id, instructor_id))


@router.patch("/{instructor_id}", response_model=InstructorView, summary="Correct, rename, switch on or off")
async def change(
    house: Inside, actor: Updating, vendor_id: UUID, instructor_id: UUID, edit: Edit, known: BasedOn
) -> Response:
    """Whoever is switched off stops presenting, at the provider too; the history stays."""
    wanted = InstructorEdit(**edit.model_dump())
    return shown(await house.faculties.change(actor, vendor_id, instructor_id, wanted, known))
