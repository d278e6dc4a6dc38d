"""/api/v1/vendors: ILT vendors with their state and origin."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from app.api.answers import BasedOn, Once, answer
from app.api.callers import Inside, need
from app.api.slices import Slice, Sliced
from app.domain.actor import Actor
from app.domain.permissions import Scope
from app.domain.vendor import name_key
from app.services.vendors import Sought, Vendor, VendorChange

router = APIRouter(prefix="/api/v1/vendors", tags=["Vendors"])
Viewing = Annotated[Actor, need(Scope.ILT_VENDORS_VIEW)]
Creating = Annotated[Actor, need(Scope.ILT_VENDORS_CREATE)]
Updating = Annotated[Actor, need(Scope.ILT_VENDORS_UPDATE)]


class VendorView(BaseModel):
    """`origin` connector: made by an integration, and switched on and off only there."""

    id: UUID
    name: str
    origin: str = Field(examples=["connector", "manual"])
    active: bool
    connection_id: UUID | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, vendor: Vendor) -> "VendorView":
        return cls.model_validate(vendor, from_attributes=True)


class NewVendor(BaseModel):
    name: str


class Edit(BaseModel):
    """What is not said stays."""

    name: str | None = None
    active: bool | None = None


def shown(vendor: Vendor, status: int = 200, location: str = "") -> Response:
    """One vendor with its ETag."""
    return answer(VendorView.of(vendor), status, revision=vendor.revision, location=location)


@router.get("", summary="Vendors by name")
async def vendors(
    house: Inside,
    actor: Viewing,
    asked: Sliced,
    search: Annotated[str, Query(description="Part of the name.")] = "",
    active: bool | None = None,
) -> Slice[VendorView]:
    found = await house.vendors.page(actor, Sought(search, active), asked.place(), asked.limit + 1)
    return asked.cut([VendorView.of(one) for one in found], key=lambda one: [name_key(one.name), str(one.id)])


@router.post("", status_code=201, response_model=VendorView, summary="A vendor made by hand")
async def create(house: Inside, actor: Creating, new: NewVendor, once: Once) -> Response:
    async def deed() -> Response:
        made = await house.vendors.create(actor, new.name)
        return shown(made, 201, f"/api/v1/vendors/{made.id}")

    return await once(deed)


@router.get("/{vendor_id}", response_model=VendorView, summary="One vendor")
async def vendor(house: Inside, actor: Viewing, vendor_id: UUID) -> Response:
    return shown(await house.vendors.get(actor, vendor_id))


@router.patch("/{vendor_id}", response_model=VendorView, summary="Rename, switch on or off")
async def change(house: Inside, actor: Updating, vendor_id: UUID, edit: Edit, known: BasedOn) -> Response:
    """An integration's vendor is switched in Edge Integrate only: here that is a conflict."""
    return shown(await house.vendors.change(actor, vendor_id, VendorChange(edit.name, edit.active), known))
