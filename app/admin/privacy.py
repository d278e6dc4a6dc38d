"""Privacy: how long names are kept; everything about one person as a file; taking a name away."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from app.admin.errors import refused
from app.admin.forms import Form, Posted, attempt
from app.admin.pages import HEADERS, confirm, page, see_other
from app.admin.signed import Inside, need
from app.domain.actor import Actor
from app.domain.errors import ConnectorError, InvalidRequest, NotAllowed, NotFound
from app.domain.people import person_key
from app.domain.permissions import Scope
from app.services.privacy import Periods
from app.wiring import House

router = APIRouter(prefix="/admin/privacy", include_in_schema=False)
Managing = Annotated[Actor, need(Scope.USERS_MANAGE)]
HERE = ("Privacy", "/admin/privacy")


@router.get("")
async def privacy(request: Request, house: Inside, actor: Managing) -> Response:
    return page(request, "privacy.html", periods=await house.privacy.periods(actor))


@router.post("/periods")
async def decide(request: Request, house: Inside, actor: Managing, form: Form) -> Response:
    done = await attempt(_decide(house, actor, form))
    if isinstance(done, ConnectorError):
        periods = await house.privacy.periods(actor)
        return refused(request, "privacy.html", done, form=form, periods=periods)
    return see_other(request, "/admin/privacy", "The periods are saved. They are applied once a day.")


@router.get("/apply")
async def ask_apply(request: Request, actor: Managing) -> Response:
    text = "Names whose time is over by the saved periods are taken away now. It cannot be undone."
    back = "/admin/privacy"
    return confirm(request, "Take away what is over?", text, "Take it away", back=back, trail=[HERE])


@router.post("/apply")
async def apply(request: Request, house: Inside, actor: Managing, form: Form) -> Response:
    done = await house.privacy.apply(actor)
    said = f"Done: {done.people} names in classes, {done.logins} logins, {done.deeds} entries of the trail."
    return see_other(request, "/admin/privacy", said)


@router.post("/person")
async def person(request: Request, house: Inside, actor: Managing, form: Form) -> Response:
    """What is stored about somebody, and the choice of what to do. Not a link: addresses stay out of logs."""
    email = form.text("email")
    found = await attempt(house.privacy.look(actor, email), NotFound)
    if isinstance(found, ConnectorError):
        periods = await house.privacy.periods(actor)
        return refused(request, "privacy.html", found, form=form, periods=periods)
    return page(request, "person.html", trail=[HERE], email=email, found=found)


@router.post("/export")
async def export(request: Request, house: Inside, actor: Managing, form: Form) -> Response:
    found = await house.privacy.export(actor, form.text("email"))
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="person.json"'}
    text = json.dumps(found, indent=2, ensure_ascii=False)
    return Response(text, 200, headers, "application/json")


@router.post("/erase")
async def erase(request: Request, house: Inside, actor: Managing, form: Form) -> Response:
    email = form.text("email")
    done = await attempt(_erase(house, actor, form), NotAllowed)
    if isinstance(done, ConnectorError):
        found = await house.privacy.look(actor, email)
        values: dict[str, Any] = {"trail": [HERE], "email": email, "found": found}
        return refused(request, "person.html", done, form=form, **values)
    said = f"The name is gone from {done} rows. In its place stands a pseudonym; totals are as before."
    return see_other(request, "/admin/privacy", said)


async def _erase(house: House, actor: Actor, form: Posted) -> int:
    if person_key(form.text("again")) != person_key(form.text("email")):
        raise InvalidRequest("Type the address once more, just so, to erase this person.")
    return (await house.privacy.erase(actor, form.text("email"))).total


async def _decide(house: House, actor: Actor, form: Posted) -> None:
    new = Periods(_days(form, "class_days"), _days(form, "login_days"), _days(form, "audit_days"))
    await house.privacy.decide(actor, new, form.number("revision"))


def _days(form: Posted, name: str) -> int | None:
    return form.number(name) if form.text(name) else None
