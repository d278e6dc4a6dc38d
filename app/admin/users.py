"""The users page: invite, look, make a new link, deactivate and activate."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.admin.errors import refused
from app.admin.forms import Form, attempt
from app.admin.pages import confirm, page, see_other
from app.admin.signed import Inside, need
from app.domain.actor import Actor
from app.domain.errors import ConnectorError
from app.domain.permissions import CATALOGUE, ROLES, Scope
from app.services.users import Newcomer, UserChange
from app.services.vendors import Sought
from app.wiring import House

router = APIRouter(prefix="/admin/users", include_in_schema=False)

Managing = Annotated[Actor, need(Scope.USERS_MANAGE)]
TRAIL = [("Users", "/admin/users")]
MOST_VENDORS = 200
FOR_PEOPLE = [entry for entry in CATALOGUE.values() if not entry.for_machines]


@router.get("")
async def users(request: Request, house: Inside, actor: Managing) -> Response:
    return page(request, "users.html", users=await house.users.list(actor))


@router.get("/invite")
async def invite_page(request: Request, actor: Managing) -> Response:
    return page(request, "invite.html", trail=TRAIL, roles=ROLES.values())


@router.post("/invite")
async def invite(request: Request, house: Inside, actor: Managing, form: Form) -> Response:
    new = Newcomer(form.text("email"), form.text("name"), form.all("role"))
    made = await attempt(house.users.invite(actor, new))
    if isinstance(made, ConnectorError):
        return refused(request, "invite.html", made, form=form, trail=TRAIL, roles=ROLES.values())
    return page(request, "invited.html", trail=TRAIL, invitation=made)


@router.get("/{user_id}")
async def user(request: Request, house: Inside, actor: Managing, user_id: UUID) -> Response:
    return page(request, "user.html", **await shown(house, actor, user_id))


@router.get("/{user_id}/reset")
async def ask_reset(request: Request, house: Inside, actor: Managing, user_id: UUID) -> Response:
    known = (await house.users.get(actor, user_id)).user
    text = "The present password ends now, every browser is signed out, and you get a link to hand over."
    heading = f"Make a new link for {known.email}?"
    back = f"/admin/users/{user_id}"
    return confirm(request, heading, text, "Make the link", back=back, revision=known.revision)


@router.post("/{user_id}/reset")
async def reset(request: Request, house: Inside, actor: Managing, user_id: UUID, form: Form) -> Response:
    made = await house.users.reset(actor, user_id, form.number("revision"))
    return page(request, "invited.html", trail=TRAIL, invitation=made)


@router.get("/{user_id}/deactivate")
async def ask_deactivate(request: Request, house: Inside, actor: Managing, user_id: UUID) -> Response:
    known = (await house.users.get(actor, user_id)).user
    text = "This person is signed out everywhere at once and cannot come in again until activated."
    back = f"/admin/users/{user_id}"
    return confirm(
        request, f"Deactivate {known.email}?", text, "Deactivate", back=back, revision=known.revision
    )


@router.post("/{user_id}/deactivate")
async def deactivate(request: Request, house: Inside, actor: Managing, user_id: UUID, form: Form) -> Response:
    await house.users.change(actor, user_id, form.number("revision"), UserChange(active=False))
    return see_other(request, f"/admin/users/{user_id}", "The user is deactivated.")


@router.post("/{user_id}/activate")
async def activate(request: Request, house: Inside, actor: Managing, user_id: UUID, form: Form) -> Response:
    await house.users.change(actor, user_id, form.number("revision"), UserChange(active=True))
    return see_other(request, f"/admin/users/{user_id}", "The user is active again.")


async def shown(house: House, actor: Actor, user_id: UUID) -> dict[str, Any]:
    """What the page of one user shows; vendors to narrow to, for whoever may see them."""
    known = await house.users.get(actor, user_id)
    sees = actor.may(Scope.ILT_VENDORS_VIEW)
    vendors = await house.vendors.page(actor, Sought(), None, MOST_VENDORS) if sees else []
    return {
        "known": known,
        "own": known.user.key == actor.person_key,
        "roles": ROLES,
        "offered": FOR_PEOPLE,
        "vendors": [(str(vendor.id), vendor.name) for vendor in vendors],
        "trail": TRAIL,
    }
