"""Edge Marketplace: every provider that there is, what it can and cannot do, and its installation."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from app.admin.errors import refused
from app.admin.forms import NO_FORM, Form, Posted, attempt
from app.admin.offers import can, cannot
from app.admin.pages import page, see_other
from app.admin.signed import Inside, need
from app.domain.actor import Actor
from app.domain.errors import ConnectorError, NotFound
from app.domain.permissions import Scope
from app.services.integrations import Offer
from app.wiring import House

router = APIRouter(prefix="/admin/marketplace", include_in_schema=False)
Shopping = Annotated[Actor, need(Scope.EDGE_MARKETPLACE_MANAGE)]
HERE = ("Edge Marketplace", "/admin/marketplace")


@router.get("")
async def marketplace(request: Request, house: Inside, actor: Shopping) -> Response:
    offers = await house.integrations.marketplace(actor)
    return page(request, "marketplace.html", offers=offers, can=can, cannot=cannot)


@router.get("/{provider}")
async def offer(request: Request, house: Inside, actor: Shopping, provider: str) -> Response:
    return _offer(request, await _find(house, actor, provider))


@router.post("/{provider}")
async def install(request: Request, house: Inside, actor: Shopping, provider: str, form: Form) -> Response:
    found = await _find(house, actor, provider)
    made = await attempt(house.integrations.install(actor, provider, form.text("name") or None))
    if isinstance(made, ConnectorError):
        return _offer(request, found, form, made)
    if not actor.may(Scope.EDGE_INTEGRATIONS_MANAGE):
        said = f"{made.name} is installed. Setting it up needs “Edge Integrations - Manage”."
        return see_other(request, "/admin/marketplace", said)
    said = f"{made.name} is installed. Fill in its settings, then activate it."
    return see_other(request, f"/admin/integrations/{made.id}", said)


async def _find(house: House, actor: Actor, provider: str) -> Offer:
    for one in await house.integrations.marketplace(actor):
        if one.card.key == provider:
            return one
    raise NotFound("There is no such provider in the Marketplace.")


def _offer(
    request: Request, found: Offer, form: Posted = NO_FORM, refusal: ConnectorError | None = None
) -> Response:
    values: dict[str, Any] = {
        "trail": [HERE],
        "offer": found,
        "can": can(found),
        "cannot": cannot(found),
        "form": form,
    }
    if refusal:
        return refused(request, "offer.html", refusal, **values)
    return page(request, "offer.html", **values)
