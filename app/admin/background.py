"""Background work of one tenant: what was given up and can be woken, and the last looks at the provider."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from app.admin.forms import Form
from app.admin.pages import confirm, page, see_other
from app.admin.signed import Inside, need
from app.domain.actor import Actor
from app.domain.errors import NotFound
from app.domain.permissions import Scope
from app.services.jobs import Job

router = APIRouter(prefix="/admin/background", include_in_schema=False)
Managing = Annotated[Actor, need(Scope.EDGE_INTEGRATIONS_MANAGE)]
PATH = "/admin/background"
HERE = ("Background work", PATH)
KINDS = {
    "meeting": "Meeting at the provider",
    "attendance": "Attendance report",
    "expiry": "Taking an old meeting away",
    "reconciliation": "Comparison with the provider",
}
LINES = 100
WAKES = (
    "It is tried at once, and its attempts are counted anew. Without its cause removed it ends here again."
)


@router.get("")
async def background(request: Request, house: Inside, actor: Managing) -> Response:
    return page(
        request,
        "background.html",
        parked=await house.jobs.parked_here(actor),
        reports=await house.reconciliation.reports(actor.tenant_id),
        kinds=KINDS,
        lines=LINES,
        sees_classes=actor.sees_every_class,
    )


@router.get("/wake")
async def ask_wake(
    request: Request, house: Inside, actor: Managing, kind: str = "", subject: str = ""
) -> Response:
    known = {(one.kind, one.subject) for one in await house.jobs.parked_here(actor)}
    if (kind, subject) not in known:
        raise NotFound("Nothing of this kind is parked here (any more).")
    heading = f"{KINDS.get(kind, kind)}: try it again?"
    return confirm(request, heading, WAKES, "Try again", back=PATH, trail=[HERE], kind=kind, subject=subject)


@router.post("/wake")
async def wake(request: Request, house: Inside, actor: Managing, form: Form) -> Response:
    await house.jobs.wake_here(actor, Job(form.text("kind"), form.text("subject")))
    return see_other(request, PATH, "It is being tried again.")
