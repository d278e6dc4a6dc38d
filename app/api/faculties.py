"""/api/v1/instructors: who teaches, over all vendors."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.api.callers import Inside
from app.api.instructors import InstructorView, Viewing
from app.api.slices import Slice, Sliced
from app.domain.people import person_key
from app.services.faculties import Enlisted, Sought

router = APIRouter(prefix="/api/v1/instructors", tags=["Vendors"])


class EnlistedView(InstructorView):
    """An instructor of one vendor; the same person may be one of several. Changed at
    /api/v1/vendors/{vendor_id}/instructors/{id}."""

    vendor_id: UUID
    vendor: str

    @classmethod
    def told(cls, one: Enlisted) -> "EnlistedView":
        known = InstructorView.of(one.instructor).model_dump()
        return cls(**known, vendor_id=one.vendor_id, vendor=one.vendor)


@router.get("", summary="Instructors of all vendors, by e-mail address")
async def instructors(
    house: Inside,
    actor: Viewing,
    asked: Sliced,
    search: Annotated[str, Query(description="Part of the address or the name.")] = "",
    active: bool | None = None,
) -> Slice[EnlistedView]:
    found = await house.faculties.everywhere(actor, Sought(search, active), asked.place(), asked.limit + 1)
    return asked.cut(
        [EnlistedView.told(one) for one in found], key=lambda one: [person_key(one.email), str(one.id)]
    )
