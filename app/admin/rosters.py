"""The roster of a session: look, ask the provider again, correct by hand with a reason, take a table."""

import csv
import io
import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.admin.errors import refused
from app.admin.forms import NO_FORM, Form, Posted, attempt
from app.admin.pages import HEADERS, confirm, page, see_other
from app.admin.sessions import HERE
from app.admin.signed import Inside, need
from app.domain.actor import Actor
from app.domain.errors import ConnectorError, InvalidRequest
from app.domain.permissions import Scope
from app.services.attendance_files import AttendanceFile
from app.services.rosters import Correction, Roster, columns
from app.wiring import House

router = APIRouter(prefix="/admin/sessions/{session_id}", include_in_schema=False)
Viewing = Annotated[Actor, need(Scope.ILT_ROSTER_VIEW)]
Managing = Annotated[Actor, need(Scope.ILT_ROSTER_MANAGE)]
ON_A_PAGE = 200
PROBLEMS_SHOWN = 100


@router.get("/roster")
async def roster(request: Request, house: Inside, actor: Viewing, session_id: UUID) -> Response:
    return page(request, "roster.html", **await _shown(request, house, actor, session_id))


@router.get("/parts")
async def parts(request: Request, house: Inside, actor: Viewing, session_id: UUID) -> Response:
    """All parts of the session's learning object, side by side."""
    found = await house.rosters.parts(actor, session_id)
    people = sorted({line.key: line.email for part in found for line in part.lines}.items())
    came = [{line.key: line for line in part.lines} for part in found]
    return page(request, "parts_of.html", trail=[HERE], parts_list=found, people=people, came=came)


@router.post("/roster/update")
async def update(request: Request, house: Inside, actor: Managing, session_id: UUID, form: Form) -> Response:
    done = await attempt(house.rosters.update(actor, session_id))
    if isinstance(done, ConnectorError):
        return refused(request, "roster.html", done, **await _shown(request, house, actor, session_id))
    return see_other(request, _path(session_id), f"The roster is updated. {done.sheet.fetch_note}")


@router.post("/roster/file")
async def bring_file(
    request: Request, house: Inside, actor: Managing, session_id: UUID, form: Form
) -> Response:
    """Joins and leaves from a file, where the provider takes such; then what was read of it."""
    done = await attempt(_imported(house, actor, session_id, form))
    values = await _shown(request, house, actor, session_id)
    if isinstance(done, ConnectorError):
        return refused(request, "roster.html", done, **values)
    values["trail"] = [*values["trail"], ("Roster", _path(session_id))]
    return page(request, "attendance_file.html", read=done, problems=done.problems[:PROBLEMS_SHOWN], **values)


@router.get("/roster/correct")
async def ask_correction(
    request: Request, house: Inside, actor: Managing, session_id: UUID, email: str = ""
) -> Response:
    found = await house.rosters.get(actor, session_id)
    return page(request, "correct.html", **_correcting(found, email))


@router.post("/roster/correct")
async def correct(request: Request, house: Inside, actor: Managing, session_id: UUID, form: Form) -> Response:
    if form.text("attended") not in ("yes", "no"):
        return await _again(request, house, actor, session_id, form)
    said = Correction(form.text("email"), form.text("attended") == "yes", form.text("reason"))
    done = await attempt(house.rosters.mark(actor, session_id, said, form.number("revision")))
    if isinstance(done, ConnectorError):
        found = await house.rosters.get(actor, session_id)
        return refused(request, "correct.html", done, form=form, **_correcting(found, said.email))
    return see_other(request, _path(session_id), f"{said.email} is corrected. The evidence stays as it was.")


@router.get("/roster/uncorrect")
async def ask_uncorrect(
    request: Request, house: Inside, actor: Managing, session_id: UUID, email: str = ""
) -> Response:
    found = await house.rosters.get(actor, session_id)
    text = f"The evidence decides about {email} again; the correction stays in the history."
    trail = [*_trail(found), ("Roster", _path(session_id))]
    hidden: dict[str, Any] = {"revision": found.sheet.revision, "email": email}
    heading = "Remove the correction?"
    return confirm(request, heading, text, "Remove it", back=_path(session_id), trail=trail, **hidden)


@router.post("/roster/uncorrect")
async def uncorrect(
    request: Request, house: Inside, actor: Managing, session_id: UUID, form: Form
) -> Response:
    await house.rosters.unmark(actor, session_id, form.text("email"), form.number("revision"))
    return see_other(request, _path(session_id), "The correction is removed.")


@router.get("/roster.csv")
async def table(house: Inside, actor: Viewing, session_id: UUID) -> Response:
    found = await house.rosters.exported(actor, session_id)
    written = io.StringIO()
    csv.writer(written).writerows([[plain(cell) for cell in line] for line in columns(found)])
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", found.listed.session.external_id).strip("-")[:60] or "session"
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="roster-{name}.csv"'}
    # The mark in front tells spreadsheets that this is UTF-8.
    return Response("\ufeff" + written.getvalue(), 200, headers, "text/csv; charset=utf-8")


def plain(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.lstrip()[:1] in ("=", "+", "-", "@", "\t", "\r") and cell else cell


async def _again(request: Request, house: Inside, actor: Actor, session_id: UUID, form: Posted) -> Response:
    found = await house.rosters.get(actor, session_id)
    why = InvalidRequest("Choose whether the person attended.")
    return refused(request, "correct.html", why, form=form, **_correcting(found, form.text("email")))


async def _imported(house: House, actor: Actor, session_id: UUID, form: Posted) -> AttendanceFile:
    return await house.attendance_files.import_file(actor, session_id, await form.file("list"))


async def _shown(request: Request, house: House, actor: Actor, session_id: UUID) -> dict[str, Any]:
    found = await house.rosters.get(actor, session_id)
    after = request.query_params.get("after", "")
    lines = [line for line in found.lines if line.key > after]
    return {
        "trail": _trail(found),
        "roster": found,
        "session": found.listed.session,
        "lines": lines[:ON_A_PAGE],
        "next_key": lines[ON_A_PAGE - 1].key if len(lines) > ON_A_PAGE else "",
        "may_manage": actor.may(Scope.ILT_ROSTER_MANAGE),
        "takes_files": await house.attendance_files.are_taken(found.listed.session),
        "parts_count": await house.rosters.count_parts(actor, session_id),
        "form": NO_FORM,
    }


def _correcting(found: Roster, email: str) -> dict[str, Any]:
    known = next((line for line in found.lines if line.email == email), None)
    trail = [*_trail(found), ("Roster", _path(found.listed.session.id))]
    return {"trail": trail, "roster": found, "session": found.listed.session, "known": known}


def _trail(found: Roster) -> list[tuple[str, str]]:
    session = found.listed.session
    return [HERE, (session.title or session.external_id, f"/admin/sessions/{session.id}")]


def _path(session_id: UUID) -> str:
    return f"/admin/sessions/{session_id}/roster"
