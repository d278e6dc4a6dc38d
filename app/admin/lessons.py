"""One class for whoever may see it: launch it, see who presents, put somebody else in their place."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.admin.errors import refused
from app.admin.forms import Form, attempt
from app.admin.pages import page, see_other
from app.admin.schedule import TRAIL, Viewing
from app.admin.signed import Inside, need
from app.domain.actor import Actor
from app.domain.errors import ConnectorError, SessionCancelled
from app.domain.permissions import Scope
from app.services.substitutes import Change
from app.telemetry.logs import correlation_id

router = APIRouter(prefix="/admin/schedule/{session_id}", include_in_schema=False)

Scheduling = Annotated[Actor, need(Scope.ILT_SESSIONS_CREATE)]


@router.get("")
async def lesson(request: Request, house: Inside, actor: Viewing, session_id: UUID) -> Response:
    found = await house.schedules.lesson(actor, session_id)
    over = found.appointment.span.ends_at <= house.schedules.clock()
    return page(request, "lesson.html", trail=TRAIL, lesson=found, over=over)


@router.post("/launch")
async def launch(request: Request, house: Inside, actor: Viewing, session_id: UUID, form: Form) -> Response:
    """A page that goes on by itself: a form's own redirect may not leave this site (form-action)."""
    link = await house.launches.launch_own(actor, session_id, correlation_id())
    return page(request, "launching.html", trail=TRAIL, link=link)


@router.get("/instructor")
async def ask_instructor(request: Request, house: Inside, actor: Scheduling, session_id: UUID) -> Response:
    found = await house.schedules.lesson(actor, session_id)
    return page(request, "substitute.html", trail=_trail(session_id), lesson=found)


@router.post("/instructor")
async def change_instructor(
    request: Request, house: Inside, actor: Scheduling, session_id: UUID, form: Form
) -> Response:
    wanted = Change(form.text("old"), form.text("new"), form.number("revision"))
    deed = house.substitutes.change_instructor(actor, session_id, wanted)
    made = await attempt(deed, SessionCancelled)
    if isinstance(made, ConnectorError):
        found = await house.schedules.lesson(actor, session_id)
        trail = _trail(session_id)
        return refused(request, "substitute.html", made, form=form, trail=trail, lesson=found)
    said = f"{made.new.name or made.new.email} presents this class now. Every link stays as it is."
    if made.trouble:
        said += " The meeting provider could not be told yet; that is tried again by itself."
    return see_other(request, f"/admin/schedule/{session_id}", said)


def _trail(session_id: UUID) -> list[tuple[str, str]]:
    return [*TRAIL, ("Class", f"/admin/schedule/{session_id}")]
