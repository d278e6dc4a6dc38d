"""On a user's page: give a role or a single permission, narrowed where that is possible; take it back."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app.admin.errors import refused
from app.admin.forms import Form, Posted, attempt
from app.admin.pages import see_other
from app.admin.signed import Inside
from app.admin.users import Managing, shown
from app.domain.actor import Actor, Constraint, Grant
from app.domain.errors import ConnectorError, InvalidRequest
from app.domain.people import is_email, person_key
from app.domain.permissions import Scope
from app.wiring import House

router = APIRouter(prefix="/admin/users/{user_id}", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Change:
    """A form about one user's rights."""

    request: Request
    house: House
    actor: Actor
    user_id: UUID
    form: Posted

    @property
    def revision(self) -> int:
        return self.form.number("revision")


async def change_of(request: Request, house: Inside, actor: Managing, user_id: UUID, form: Form) -> Change:
    return Change(request, house, actor, user_id, form)


Changing = Annotated[Change, Depends(change_of)]


@router.post("/role")
async def give_role(change: Changing) -> Response:
    return await _give(change, change.form.text("role"), "The role is given.")


@router.post("/permission")
async def give_permission(change: Changing) -> Response:
    grant = await attempt(_grant(change.form))
    if isinstance(grant, ConnectorError):
        return await _again(change, grant)
    return await _give(change, grant, "The permission is given.")


@router.post("/take")
async def take(change: Changing) -> Response:
    line = _id(change.form.text("line"))
    await change.house.users.take(change.actor, change.user_id, change.revision, line)
    return see_other(change.request, f"/admin/users/{change.user_id}", "It is taken back.")


async def _give(change: Change, gift: str | Grant, said: str) -> Response:
    deed = change.house.users.give(change.actor, change.user_id, change.revision, gift)
    done = await attempt(deed)
    if isinstance(done, ConnectorError):
        return await _again(change, done)
    return see_other(change.request, f"/admin/users/{change.user_id}", said)


async def _again(change: Change, why: ConnectorError) -> Response:
    values = await shown(change.house, change.actor, change.user_id)
    return refused(change.request, "user.html", why, form=change.form, **values)


async def _grant(form: Posted) -> Grant:
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
