"""The users page: invite, give and take roles and permissions, reset, deactivate."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.admin.errors import refused
from app.admin.forms import NO_FORM, Form, Posted, attempt
from app.admin.pages import confirm, page, see_other
from app.admin.signed import Inside, need
from app.domain.actor import Actor, Constraint, Grant
from app.domain.errors import ConnectorError, InvalidRequest
from app.domain.people import is_email, person_key
from app.domain.permissions import CATALOGUE, ROLES, Scope
from app.services.users import Newcomer
from app.wiring import House

router = APIRouter(prefix="/admin/users", include_in_schema=False)

Managing = Annotated[Actor, need(Scope.USERS_MANAGE)]
HERE = ("Users", "/admin/users")
FOR_PEOPLE = [entry for entry in CATALOGUE.values() if not entry.for_machines]


@router.get("")
async def users(request: Request, house: Inside, actor: Managing) -> Response:
    found = await house.users.list(actor)
    return page(request, "users.html", users=found, roles=ROLES, catalogue=CATALOGUE)


@router.get("/invite")
async def invite_page(request: Request, actor: Managing) -> Response:
    return page(request, "invite.html", trail=[HERE], roles=ROLES.values())


@router.post("/invite")
async def invite(request: Request, house: Inside, actor: Managing, form: Form) -> Response:
    new = Newcomer(form.text("email"), form.text("name"), form.all("role"))
    made = await attempt(house.users.invite(actor, new))
    if isinstance(made, ConnectorError):
        return refused(request, "invite.html", made, form=form, trail=[HERE], roles=ROLES.values())
    return page(request, "invited.html", trail=[HERE], invitation=made)


@router.get("/{user_id}")
async def user(request: Request, house: Inside, actor: Managing, user_id: UUID) -> Response:
    return await _user(request, house, actor, user_id)


@router.post("/{user_id}/role")
async def give_role(request: Request, house: Inside, actor: Managing, user_id: UUID, form: Form) -> Response:
    deed = house.users.give(actor, user_id, form.number("revision"), form.text("role"))
    return await _done(request, house, actor, user_id, await attempt(deed), "The role is given.")


@router.post("/{user_id}/permission")
async def give_permission(
    request: Request, house: Inside, actor: Managing, user_id: UUID, form: Form
) -> Response:
    deed = _give_permission(house, actor, user_id, form)
    return await _done(request, house, actor, user_id, await attempt(deed), "The permission is given.", form)


@router.post("/{user_id}/take")
async def take(request: Request, house: Inside, actor: Managing, user_id: UUID, form: Form) -> Response:
    deed = house.users.take(actor, user_id, form.number("revision"), _id(form.text("line")))
    return await _done(request, house, actor, user_id, await attempt(deed), "It is taken back.")


@router.get("/{user_id}/reset")
async def ask_reset(request: Request, house: Inside, actor: Managing, user_id: UUID) -> Response:
    known = (await house.users.get(actor, user_id)).user
    text = "The present password ends now, every browser is signed out, and you get a link to hand over."
    return confirm(
        request,
        f"Make a new link for {known.email}?",
        text,
        "Make the link",
        back=f"/admin/users/{user_id}",
        trail=[HERE],
        revision=known.revision,
    )


@router.post("/{user_id}/reset")
async def reset(request: Request, house: Inside, actor: Managing, user_id: UUID, form: Form) -> Response:
    made = await house.users.reset(actor, user_id, form.number("revision"))
    return page(request, "invited.html", trail=[HERE], invitation=made)


@router.get("/{user_id}/deactivate")
async def ask_deactivate(request: Request, house: Inside, actor: Managing, user_id: UUID) -> Response:
    known = (await house.users.get(actor, user_id)).user
    text = "This person is signed out everywhere at once and cannot come in again until activated."
    return confirm(
        request,
        f"Deactivate {known.email}?",
        text,
        "Deactivate",
        back=f"/admin/users/{user_id}",
        trail=[HERE],
        revision=known.revision,
    )


@router.post("/{user_id}/deactivate")
async def deactivate(request: Request, house: Inside, actor: Managing, user_id: UUID, form: Form) -> Response:
    await house.users.deactivate(actor, user_id, form.number("revision"))
    return see_other(request, f"/admin/users/{user_id}", "The user is deactivated.")


@router.post("/{user_id}/activate")
async def activate(request: Request, house: Inside, actor: Managing, user_id: UUID, form: Form) -> Response:
    await house.users.activate(actor, user_id, form.number("revision"))
    return see_other(request, f"/admin/users/{user_id}", "The user is active again.")


async def _user(
    request: Request,
    house: House,
    actor: Actor,
    user_id: UUID,
    refusal: ConnectorError | None = None,
    form: Posted = NO_FORM,
) -> Response:
    known = await house.users.get(actor, user_id)
    values: dict[str, Any] = {
        "known": known,
        "own": known.user.key == actor.person_key,
        "roles": ROLES,
        "catalogue": CATALOGUE,
        "offered": FOR_PEOPLE,
        "vendors": (),
        "form": form,
        "trail": [HERE],
    }
    return (
        refused(request, "user.html", refusal, **values) if refusal else page(request, "user.html", **values)
    )


async def _done(
    request: Request,
    house: House,
    actor: Actor,
    user_id: UUID,
    outcome: ConnectorError | None,
    said: str,
    form: Posted = NO_FORM,
) -> Response:
    """Back to the user: with the news, or with the reason and what was typed."""
    if outcome is not None:
        return await _user(request, house, actor, user_id, outcome, form)
    return see_other(request, f"/admin/users/{user_id}", said)


async def _give_permission(house: House, actor: Actor, user_id: UUID, form: Posted) -> None:
    grant = _grant(form)
    await house.users.give(actor, user_id, form.number("revision"), grant)


def _grant(form: Posted) -> Grant:
    """The permission of the form, narrowed by what was filled in. Raises InvalidRequest."""
    if form.text("scope") not in set(Scope):
        raise InvalidRequest("Choose a permission.")
    instructors = form.lines("instructors")
    for email in instructors:
        if not is_email(email):
            raise InvalidRequest(f"“{email}” is not an e-mail address.")
    reach = Constraint(
        frozenset(person_key(email) for email in instructors),
        frozenset(_id(vendor) for vendor in form.all("vendor")),
        form.checked("own_classes"),
        form.checked("own_vendors"),
    )
    return Grant(Scope(form.text("scope")), None if reach.admits_nothing else reach)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as exc:
        raise InvalidRequest from exc
