"""ILT Vendors and Instructors: the vendors with their state and origin, and each with its instructors."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.admin.errors import refused
from app.admin.forms import NO_FORM, Form, Posted, attempt
from app.admin.pages import Trail, confirm, page, see_other
from app.admin.signed import Inside, need
from app.domain.actor import Actor
from app.domain.errors import ConnectorError, Stale
from app.domain.permissions import Scope
from app.domain.vendor import Origin
from app.services.vendors import Sought, VendorChange
from app.wiring import House

router = APIRouter(prefix="/admin/vendors", include_in_schema=False)
Viewing = Annotated[Actor, need(Scope.ILT_VENDORS_VIEW)]
Creating = Annotated[Actor, need(Scope.ILT_VENDORS_CREATE)]
Updating = Annotated[Actor, need(Scope.ILT_VENDORS_UPDATE)]
HERE = ("ILT Vendors and Instructors", "/admin/vendors")
ON_A_PAGE = 50
STATES = {"active": True, "inactive": False}


@router.get("")
async def vendors(
    request: Request,
    house: Inside,
    actor: Viewing,
    name: str = "",
    state: str = "",
    after: str = "",
    behind: UUID | None = None,
) -> Response:
    """`after` and `behind`: the place of the last vendor of the page before."""
    sought = Sought(name.strip(), STATES.get(state))
    place = (after, behind) if behind else None
    found = await house.vendors.page(actor, sought, place, ON_A_PAGE + 1)
    more = found[ON_A_PAGE - 1].place if len(found) > ON_A_PAGE else None
    values: dict[str, Any] = {"found": found[:ON_A_PAGE], "more": more, "name": name, "state": state}
    return page(request, "vendors.html", **values)


@router.get("/new")
async def new(request: Request, actor: Creating) -> Response:
    return page(request, "vendor_new.html", trail=[HERE])


@router.post("/new")
async def create(request: Request, house: Inside, actor: Creating, form: Form) -> Response:
    made = await attempt(house.vendors.create(actor, form.text("name")))
    if isinstance(made, ConnectorError):
        return refused(request, "vendor_new.html", made, form=form, trail=[HERE])
    return see_other(request, f"/admin/vendors/{made.id}", f"The vendor {made.name} is created.")


@router.get("/{vendor_id}")
async def vendor(
    request: Request, house: Inside, actor: Viewing, vendor_id: UUID, q: str = "", after: str = ""
) -> Response:
    return await _vendor(request, house, actor, vendor_id, q=q, after=after)


@router.post("/{vendor_id}")
async def rename(request: Request, house: Inside, actor: Updating, vendor_id: UUID, form: Form) -> Response:
    change = VendorChange(name=form.text("name"))
    done = await attempt(house.vendors.change(actor, vendor_id, change, form.number("revision")))
    if isinstance(done, ConnectorError):
        return await _vendor(request, house, actor, vendor_id, form, done)
    return see_other(request, f"/admin/vendors/{vendor_id}", "The vendor is saved.")


@router.get("/{vendor_id}/deactivate")
async def ask_deactivate(request: Request, house: Inside, actor: Updating, vendor_id: UUID) -> Response:
    known = await house.vendors.get(actor, vendor_id)
    back = f"/admin/vendors/{vendor_id}"
    if known.connection_id:
        return await _vendor(request, house, actor, vendor_id)
    text = "It stays in the list and can be activated again."
    trail = [HERE, (known.name, back)]
    return confirm(
        request,
        f"Deactivate {known.name}?",
        text,
        "Deactivate",
        back=back,
        trail=trail,
        revision=known.revision,
    )


@router.post("/{vendor_id}/deactivate")
async def deactivate(
    request: Request, house: Inside, actor: Updating, vendor_id: UUID, form: Form
) -> Response:
    return await _switched(request, house, actor, vendor_id, form)


@router.post("/{vendor_id}/activate")
async def activate(request: Request, house: Inside, actor: Updating, vendor_id: UUID, form: Form) -> Response:
    return await _switched(request, house, actor, vendor_id, form)


async def _switched(request: Request, house: House, actor: Actor, vendor_id: UUID, form: Posted) -> Response:
    """The deed is the last word of the address."""
    on = request.scope["path"].endswith("/activate")
    deed = house.vendors.change(actor, vendor_id, VendorChange(active=on), form.number("revision"))
    done = await attempt(deed)
    if isinstance(done, ConnectorError):
        return await _vendor(request, house, actor, vendor_id, NO_FORM, done)
    said = "The vendor is active again." if on else "The vendor is deactivated."
    return see_other(request, f"/admin/vendors/{vendor_id}", said)


async def _vendor(
    request: Request,
    house: House,
    actor: Actor,
    vendor_id: UUID,
    form: Posted = NO_FORM,
    refusal: ConnectorError | None = None,
    *,
    q: str = "",
    after: str = "",
) -> Response:
    known = await house.vendors.get(actor, vendor_id)
    found = await house.faculties.page(actor, vendor_id, q.strip(), after or None, ON_A_PAGE + 1)
    moved = isinstance(refusal, Stale) and form.text("name") not in ("", known.name)
    values: dict[str, Any] = {
        "trail": [HERE],
        "known": known,
        "form": form,
        "q": q,
        "found": found[:ON_A_PAGE],
        "more": found[ON_A_PAGE - 1].person.key if len(found) > ON_A_PAGE else "",
        "renamed": known.name if moved else "",
    }
    if refusal:
        return refused(request, "vendor.html", refusal, **values)
    return page(request, "vendor.html", **values)


async def below(house: House, actor: Actor, vendor_id: UUID) -> dict[str, Any]:
    """What a page below that of a vendor shows: the way to it, and who made the vendor. Raises NotFound."""
    known = await house.vendors.get(actor, vendor_id)
    trail: Trail = [HERE, (known.name, f"/admin/vendors/{vendor_id}")]
    return {"trail": trail, "vendor_id": vendor_id, "by_hand": known.origin is Origin.MANUAL}
