"""The first page: what this person may open, and what to do next; and what is said where nothing is."""

from fastapi import APIRouter, Request, Response

from app.admin.pages import page, see_other
from app.admin.signed import Inside, Signed
from app.domain.errors import NotFound
from app.domain.permissions import Scope

router = APIRouter(prefix="/admin", include_in_schema=False)
elsewhere = APIRouter(prefix="/admin", include_in_schema=False)  # what no other route of this door took


@router.get("/")
async def home(request: Request, house: Inside, actor: Signed) -> Response:
    alone = actor.may(Scope.USERS_MANAGE) and len(await house.users.list(actor)) == 1
    return page(request, "home.html", alone=alone)


@router.get("")
async def door(request: Request, actor: Signed) -> Response:
    return see_other(request, "/admin/")


@elsewhere.get("/{anything:path}")
async def nothing_here(anything: str, actor: Signed) -> Response:
    raise NotFound("The address is wrong, or what was here is gone.")
