"""Learning Preferences: a page for each provider whose card asks for one; Save does the whole integration."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.admin.drawing import Filling, plainly, read, report_of
from app.admin.errors import refused
from app.admin.forms import Form, Posted, attempt
from app.admin.pages import page, see_other
from app.admin.signed import Inside, need
from app.domain.actor import Actor
from app.domain.errors import Conflict, ConnectorError, Stale
from app.domain.permissions import Scope
from app.services.activation import as_json
from app.services.installed import Switched
from app.services.preferences import Preferences
from app.wiring import House

router = APIRouter(prefix="/admin/preferences", include_in_schema=False)

# The one permission for preferences in the catalogue; the service asks for that of the very page besides.
Preferring = Annotated[Actor, need(Scope.LYNC_PREFERENCES_MANAGE)]
HERE = ("Learning Preferences", "/admin/preferences")


@router.get("")
async def learning(request: Request, house: Inside, actor: Preferring) -> Response:
    return page(request, "preferences.html", pages=house.preferences.pages(actor))


@router.get("/{path}")
async def of_provider(request: Request, house: Inside, actor: Preferring, path: str) -> Response:
    found = await house.preferences.at(actor, path)
    if len(found) > 1:
        return page(request, "preferences_several.html", trail=[HERE], found=found)
    return _page(request, found[0])


@router.get("/{path}/{connection_id}")
async def of_connection(
    request: Request, house: Inside, actor: Preferring, path: str, connection_id: UUID
) -> Response:
    return _page(request, await house.preferences.read(actor, connection_id))


@router.post("/{path}")
async def save(request: Request, house: Inside, actor: Preferring, path: str, form: Form) -> Response:
    found = await house.preferences.at(actor, path)
    if len(found) > 1:
        raise Conflict("There are several integrations by now. Go back and open the one that you mean.")
    return await _posted(request, house, actor, found[0], form)


@router.post("/{path}/{connection_id}")
async def save_connection(
    request: Request, house: Inside, actor: Preferring, path: str, connection_id: UUID, form: Form
) -> Response:
    known = await house.preferences.read(actor, connection_id)
    return await _posted(request, house, actor, known, form)


async def _posted(request: Request, house: House, actor: Actor, known: Preferences, form: Posted) -> Response:
    """Save, or only try it. What was typed stands there again, unless it is stored."""
    typed = read(form, (*known.fields, *known.more))
    target = known.integration.id if known.integration else known.page.path
    if form.text("deed") == "test":
        report = await attempt(house.preferences.test(actor, target, typed))
        if isinstance(report, ConnectorError):
            return _page(request, known, form, typed, report)
        return _page(request, known, form, typed, report=as_json(report))
    done = await attempt(house.preferences.save(actor, target, typed, form.number("revision")))
    if isinstance(done, Stale):
        return _page(request, await _again(house, actor, known), form, typed, done)
    if isinstance(done, ConnectorError):
        return _page(request, known, form, typed, done)
    return _saved(request, known, done)


async def _again(house: House, actor: Actor, known: Preferences) -> Preferences:
    """As it stands by now."""
    if known.integration:
        return await house.preferences.read(actor, known.integration.id)
    return (await house.preferences.at(actor, known.page.path))[0]


def _saved(request: Request, known: Preferences, done: Switched) -> Response:
    back = request.scope["path"]
    said = f"{known.page.title}: saved and tried. The integration is active."
    if done.credential is None:
        return see_other(request, back, said)
    trail = [HERE, (known.page.title, back)]
    return page(request, "credential.html", trail=trail, done=done, back=back, said=said)


def _page(
    request: Request,
    known: Preferences,
    form: Posted | None = None,
    typed: Mapping[str, Any] | None = None,
    refusal: ConnectorError | None = None,
    report: Mapping[str, Any] | None = None,
) -> Response:
    one = known.integration
    filling = Filling(known.values, one.secrets_stored if one else (), typed, refusal)
    more = filling.lines(known.more)
    present = one.revision if one else 0
    values: dict[str, Any] = {
        "trail": [HERE],
        "known": known,
        "lines": filling.lines(known.fields),
        "more": more,
        "open": any(line.wrong or line.now for line in more),
        "revision": present if form is None or isinstance(refusal, Stale) else form.number("revision"),
        "tried": report,
    }
    if refusal is None:
        return page(request, "preference.html", **values)
    values["tried"] = report_of(refusal)
    return refused(request, "preference.html", plainly(refusal, (*known.fields, *known.more)), **values)
