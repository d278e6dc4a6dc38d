"""The permission catalogue as a page, with what this person has."""

from itertools import groupby

from fastapi import APIRouter, Request, Response

from app.admin.pages import page
from app.admin.signed import Signed
from app.domain.permissions import CATALOGUE, ROLES

router = APIRouter(prefix="/admin", include_in_schema=False)


@router.get("/permissions")
async def permissions(request: Request, actor: Signed) -> Response:
    categories = groupby(CATALOGUE.values(), key=lambda entry: entry.category)
    shown = [(category, list(entries)) for category, entries in categories]
    return page(request, "permissions.html", categories=shown, catalogue=CATALOGUE, roles=ROLES.values())
