"""Edge Integrate: the installed integrations; their settings, trying them, switching them on and off."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.admin.drawing import Filling, plainly, read, report_of
from app.admin.errors import refused
from app.admin.forms import NO_FORM, Form, Posted, attempt
from app.admin.pages import confirm, page, see_other
from app.admin.signed import Inside, need
from app.domain.actor import Actor
from app.domain.errors import ConnectorError, Stale
from app.domain.permissions import Scope
from app.services.activation import as_json
from app.services.forms import FormField
from app.services.installed import Integration, Switched
from app.services.integrations import Change
from app.wiring import House

router = APIRouter(prefix="/admin/integrations", include_in_schema=False)
Managing = Annotated[Actor, need(Scope.EDGE_INTEGRATIONS_MANAGE)]
HERE = ("Edge Integrate", "/admin/integrations")
ON_A_PAGE = 50
DEACTIVATES = (
    "Its vendor is deactivated with it, and the LMS is told: it can neither make nor change nor open classes "
    "here until you activate the integration again. Settings, instructors, classes and attendance are kept, "
    "and no other integration is touched."
)


@router.get("")
async def integrations(request: Request, house: Inside, actor: Managing, after: str = "") -> Response:
    found = await house.integrations.page(actor, after or None, ON_A_PAGE + 1)
    more = found[ON_A_PAGE - 1].key if len(found) > ON_A_PAGE else ""
    return page(request, "integrations.html", found=found[:ON_A_PAGE], more=more)


@router.get("/{connection_id}")
async def integration(request: Request, house: Inside, actor: Managing, connection_id: UUID) -> Response:
    known = await house.integrations.get(actor, connection_id)
    return _page(request, known, await _fields(house, actor, known))


@router.post("/{connection_id}")
async def change(
    request: Request, house: Inside, actor: Managing, connection_id: UUID, form: Form
) -> Response:
    known = await house.integrations.get(actor, connection_id)
    fields = await _fields(house, actor, known)
    typed = read(form, fields)
    if form.text("deed") == "test":
        report = await attempt(house.integrations.test(actor, connection_id, typed))
        if isinstance(report, ConnectorError):
            return _page(request, known, fields, form, typed, report)
        return _page(request, known, fields, form, typed, report=as_json(report))
    done = await attempt(_saved(house, actor, known, form, typed))
    if isinstance(done, ConnectorError):
        # What is stored by now, and on what the person at the form decides next.
        known = await house.integrations.get(actor, connection_id)
        return _page(request, known, fields, form, typed, done)
    return _done(request, done)


@router.get("/{connection_id}/deactivate")
async def ask_deactivate(request: Request, house: Inside, actor: Managing, connection_id: UUID) -> Response:
    known = await house.integrations.get(actor, connection_id)
    back = f"/admin/integrations/{connection_id}"
    trail = [HERE, (known.name, back)]
    heading = f"Deactivate {known.name}?"
    text = f"{DEACTIVATES} {_held(await house.integrations.classes_to_come(actor, connection_id))}"
    return confirm(request, heading, text, "Deactivate", back=back, trail=trail, revision=known.revision)


@router.post("/{connection_id}/deactivate")
async def deactivate(
    request: Request, house: Inside, actor: Managing, connection_id: UUID, form: Form
) -> Response:
    done = await house.integrations.deactivate(actor, connection_id, form.number("revision"))
    said = f"{done.name} is deactivated, and so is its vendor. Activate it here whenever you like."
    return see_other(request, f"/admin/integrations/{connection_id}", said)


def _held(classes: int) -> str:
    """What becomes of the links that people hold."""
    if not classes:
        return "No class is scheduled with it at the moment."
    many = "One class is" if classes == 1 else f"{classes:,} classes are"
    return (
        f"{many} still to come: whoever holds a link already gets in all the same. To call a class off, "
        "cancel it in the LMS first."
    )


async def _saved(
    house: House, actor: Actor, known: Integration, form: Posted, typed: Mapping[str, Any]
) -> Switched:
    """Stored; and, where that was asked for, tried and switched on."""
    wanted = Change(form.text("name"), typed)
    stored = await house.integrations.change(actor, known.id, wanted, form.number("revision"))
    if form.text("deed") != "activate":
        return Switched(stored)
    return await house.integrations.activate(actor, known.id, stored.revision)


def _done(request: Request, done: Switched) -> Response:
    one = done.integration
    back = f"/admin/integrations/{one.id}"
    said = f"{one.name} is saved."
    if one.state == "active":
        said = f"{one.name} is saved, tried and active."
    if done.credential is None:
        return see_other(request, back, said)
    return page(request, "credential.html", trail=[HERE, (one.name, back)], done=done, back=back, said=said)


async def _fields(house: House, actor: Actor, known: Integration) -> tuple[FormField, ...]:
    """The form of its provider; empty where that is not part of this installation any more."""
    offers = await house.integrations.marketplace(actor)
    return next((offer.fields for offer in offers if offer.card.key == known.provider), ())


def _page(
    request: Request,
    known: Integration,
    fields: tuple[FormField, ...],
    form: Posted = NO_FORM,
    typed: Mapping[str, Any] | None = None,
    refusal: ConnectorError | None = None,
    report: Mapping[str, Any] | None = None,
) -> Response:
    filling = Filling(known.settings, known.secrets_stored, typed, refusal)
    # Who was told how it stands now may go on from there; all others from what their page showed.
    based_on_now = typed is None or isinstance(refusal, Stale) or _stored_already(known, form, typed)
    values: dict[str, Any] = {
        "trail": [HERE],
        "one": known,
        "form": form,
        "lines": filling.lines(fields),
        "revision": known.revision if based_on_now else form.number("revision"),
        "renamed": known.name if isinstance(refusal, Stale) and form.text("name") != known.name else "",
        "tried": report,
    }
    if refusal is None:
        return page(request, "integration.html", **values)
    values["tried"] = report_of(refusal)
    return refused(request, "integration.html", plainly(refusal, fields), **values)


def _stored_already(known: Integration, form: Posted, typed: Mapping[str, Any]) -> bool:
    """Saving went well and only activating did not: the next revision is one's own."""
    same = all(str(known.settings[name]) == str(typed[name]) for name in known.settings if name in typed)
    return same and known.name == form.text("name") and known.revision == form.number("revision") + 1
