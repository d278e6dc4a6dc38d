"""The instructors of a vendor: add, edit, rename, switch off and on; a provider is asked for the person."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.admin.errors import refused
from app.admin.forms import NO_FORM, Form, Posted, attempt
from app.admin.pages import confirm, page, see_other
from app.admin.signed import Inside
from app.admin.vendors import Updating, below
from app.domain.actor import Actor
from app.domain.errors import ConnectorError, Stale
from app.domain.people import InstructorDraft
from app.services.faculties import Instructor, InstructorEdit
from app.wiring import House

router = APIRouter(prefix="/admin/vendors/{vendor_id}/instructors", include_in_schema=False)
DEACTIVATES = (
    "Presenter rights end at once, in coming classes too: in them this person is a learner from now on. "
    "The entry and all past classes stay, and it can be activated again."
)


@router.get("/new")
async def new(request: Request, house: Inside, actor: Updating, vendor_id: UUID) -> Response:
    return page(request, "instructor_new.html", **await below(house, actor, vendor_id))


@router.post("/new")
async def add(request: Request, house: Inside, actor: Updating, vendor_id: UUID, form: Form) -> Response:
    draft = InstructorDraft(form.text("email"), form.text("first_name"), form.text("last_name"))
    added = await attempt(house.faculties.add(actor, vendor_id, draft))
    if isinstance(added, ConnectorError):
        return refused(
            request, "instructor_new.html", added, form=form, **await below(house, actor, vendor_id)
        )
    onward = "/instructors/new" if form.text("deed") == "another" else ""
    said = f"{added.person.name} is an instructor now."
    return see_other(request, f"/admin/vendors/{vendor_id}{onward}", said)


@router.get("/{instructor_id}")
async def instructor(
    request: Request, house: Inside, actor: Updating, vendor_id: UUID, instructor_id: UUID
) -> Response:
    return await _instructor(request, house, actor, (vendor_id, instructor_id))


@router.post("/{instructor_id}")
async def edit(
    request: Request, house: Inside, actor: Updating, vendor_id: UUID, instructor_id: UUID, form: Form
) -> Response:
    wanted = InstructorEdit(form.text("email"), form.text("first_name"), form.text("last_name"))
    return await _changed(request, house, actor, (vendor_id, instructor_id), form, wanted)


@router.get("/{instructor_id}/deactivate")
async def ask_deactivate(
    request: Request, house: Inside, actor: Updating, vendor_id: UUID, instructor_id: UUID
) -> Response:
    known = await house.faculties.get(actor, vendor_id, instructor_id)
    back = f"/admin/vendors/{vendor_id}/instructors/{instructor_id}"
    trail = [*(await below(house, actor, vendor_id))["trail"], (_name(known), back)]
    heading = f"Deactivate {_name(known)}?"
    return confirm(
        request, heading, DEACTIVATES, "Deactivate", back=back, trail=trail, revision=known.revision
    )


@router.post("/{instructor_id}/deactivate")
async def deactivate(
    request: Request, house: Inside, actor: Updating, vendor_id: UUID, instructor_id: UUID, form: Form
) -> Response:
    wanted = InstructorEdit(active=False)
    return await _changed(request, house, actor, (vendor_id, instructor_id), form, wanted)


@router.post("/{instructor_id}/activate")
async def activate(
    request: Request, house: Inside, actor: Updating, vendor_id: UUID, instructor_id: UUID, form: Form
) -> Response:
    wanted = InstructorEdit(active=True)
    return await _changed(request, house, actor, (vendor_id, instructor_id), form, wanted)


async def _changed(
    request: Request,
    house: House,
    actor: Actor,
    ids: tuple[UUID, UUID],
    form: Posted,
    wanted: InstructorEdit,
) -> Response:
    """Back to the vendor with the news, or to the form with the reason."""
    done = await attempt(house.faculties.change(actor, *ids, wanted, form.number("revision")))
    if isinstance(done, ConnectorError):
        return await _instructor(request, house, actor, ids, form, done)
    said = {None: "saved", True: "active again", False: "deactivated"}[wanted.active]
    return see_other(request, f"/admin/vendors/{ids[0]}", f"{_name(done)} is {said}.")


async def _instructor(
    request: Request,
    house: House,
    actor: Actor,
    ids: tuple[UUID, UUID],
    form: Posted = NO_FORM,
    refusal: ConnectorError | None = None,
) -> Response:
    known = await house.faculties.get(actor, *ids)
    stale = isinstance(refusal, Stale)
    values: dict[str, Any] = {
        **await below(house, actor, ids[0]),
        "known": known,
        "called": _name(known),
        "form": form,
        "revision": form.number("revision") if refusal and not stale else known.revision,
        "stale": stale,
    }
    if refusal:
        return refused(request, "instructor.html", refusal, **values)
    return page(request, "instructor.html", **values)


def _name(known: Instructor) -> str:
    return known.person.name or known.email
