"""The secret address under which a calendar program reads the own classes: make, copy, revoke."""

from fastapi import APIRouter, Request, Response

from app.admin.forms import Form
from app.admin.pages import confirm, page, see_other
from app.admin.schedule import TRAIL, Viewing
from app.admin.signed import Inside

router = APIRouter(prefix="/admin/schedule/feed", include_in_schema=False)
HERE = "/admin/schedule/feed"


@router.get("")
async def feed(request: Request, house: Inside, actor: Viewing) -> Response:
    return page(request, "feed.html", trail=TRAIL, feed=await house.feeds.present(actor), address=None)


@router.post("")
async def make(request: Request, house: Inside, actor: Viewing, form: Form) -> Response:
    """Shown in the answer itself, and never again."""
    address = await house.feeds.make(actor)
    return page(request, "feed.html", trail=TRAIL, feed=None, address=address)


@router.get("/renew")
async def ask_renew(request: Request, actor: Viewing) -> Response:
    text = "Calendars that read the present address stop being updated, until you give them the new one."
    return confirm(request, "Make a new address?", text, "Make a new address", back=HERE, trail=TRAIL)


@router.post("/renew")
async def renew(request: Request, house: Inside, actor: Viewing, form: Form) -> Response:
    return await make(request, house, actor, form)


@router.get("/revoke")
async def ask_revoke(request: Request, actor: Viewing) -> Response:
    text = "Every calendar that reads it stops being updated at once. Your classes stay as they are."
    return confirm(request, "Revoke your calendar address?", text, "Revoke", back=HERE, trail=TRAIL)


@router.post("/revoke")
async def revoke(request: Request, house: Inside, actor: Viewing, form: Form) -> Response:
    await house.feeds.revoke(actor)
    return see_other(request, HERE, "The address is revoked.")
