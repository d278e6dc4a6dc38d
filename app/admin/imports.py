"""Lists of instructors: a CSV file is previewed, then brought in some rows at a time; and all written out."""

from collections import Counter
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from app.admin.errors import refused
from app.admin.forms import Form, Posted, attempt
from app.admin.pages import HEADERS, page
from app.admin.signed import Inside
from app.admin.vendors import Updating, Viewing, below
from app.domain.actor import Actor
from app.domain.errors import ConnectorError
from app.services.imports import MOST_ROWS, Imported, Roll, line_of, packed, unpacked
from app.wiring import House

router = APIRouter(prefix="/admin/vendors/{vendor_id}", include_in_schema=False)
SHOWN = 20
WRONG_SHOWN = 200


@router.get("/import")
async def choose(request: Request, house: Inside, actor: Updating, vendor_id: UUID) -> Response:
    return page(request, "import.html", most=MOST_ROWS, **await below(house, actor, vendor_id))


@router.post("/import")
async def preview(request: Request, house: Inside, actor: Updating, vendor_id: UUID, form: Form) -> Response:
    values = await below(house, actor, vendor_id)
    roll = await attempt(_previewed(house, actor, form))
    if isinstance(roll, ConnectorError):
        return refused(request, "import.html", roll, most=MOST_ROWS, **values)
    rows = "\n".join(packed(row) for row in roll.good)
    shown: dict[str, Any] = {"first": roll.good[:SHOWN], "wrong": roll.bad[:WRONG_SHOWN]}
    go = await house.imports.in_one_go(actor, vendor_id)
    return page(request, "import_preview.html", roll=roll, rows=rows, go=go, **shown, **values)


@router.post("/import/rows")
async def bring_in(request: Request, house: Inside, actor: Updating, vendor_id: UUID, form: Form) -> Response:
    """The first rows of `rows`; the page's script sends some at a time, without it the rest comes back."""
    lines, go = form.lines("rows"), await house.imports.in_one_go(actor, vendor_id)
    done = await house.imports.bring_in(actor, vendor_id, [unpacked(line) for line in lines[:go]])
    if form.checked("only_rows"):
        return page(request, "import_rows.html", done=done, csv=_csv)
    values: dict[str, Any] = {
        **await below(house, actor, vendor_id),
        "done": done,
        "csv": _csv,
        "counts": Counter(str(one.outcome) for one in done),
        "left": lines[go:],
    }
    return page(request, "import_done.html", **values)


@router.get("/instructors.csv")
async def export(house: Inside, actor: Viewing, vendor_id: UUID) -> Response:
    lines = await house.imports.all_of(actor, vendor_id)
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="instructors.csv"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


async def _previewed(house: House, actor: Actor, form: Posted) -> Roll:
    return await house.imports.preview(actor, await form.file("list"))


def _csv(one: Imported) -> str:
    """The row of the report that can be downloaded."""
    draft = one.row.draft
    cells = (draft.email, draft.first_name, draft.last_name, str(one.outcome), one.why)
    return line_of((str(one.row.number), *cells))
