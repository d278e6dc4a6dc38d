"""Free times: when several instructors, each in their own zone, have no class and are at work."""

from datetime import time, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from app.admin.errors import refused
from app.admin.forms import NO_FORM, Form, Posted, attempt
from app.admin.pages import page
from app.admin.schedule import TRAIL, Viewing, local
from app.admin.signed import Inside
from app.admin.zones import reader_zone
from app.domain.calendar import zone, zone_names
from app.domain.errors import ConnectorError, InvalidRequest, NotAllowed
from app.domain.slots import WORKDAYS, Hours, Search
from app.wiring import House

router = APIRouter(prefix="/admin/schedule/free", include_in_schema=False)

ROWS = 5
COUNT = 12


@router.get("")
async def free_page(request: Request, actor: Viewing) -> Response:
    return page(request, "free.html", trail=TRAIL, **_shown(request, NO_FORM, None, actor.name))


@router.post("")
async def free(request: Request, house: Inside, actor: Viewing, form: Form) -> Response:
    async def deed() -> list[Any]:
        wanted, who = _search(house, form), _people(form)
        return await house.schedules.free(actor, who, wanted)

    found = await attempt(deed(), NotAllowed)
    if isinstance(found, ConnectorError):
        values = _shown(request, form, None, actor.name)
        return refused(request, "free.html", found, trail=TRAIL, **values)
    return page(request, "free.html", trail=TRAIL, **_shown(request, form, found, actor.name))


def _shown(request: Request, form: Posted, found: list[Any] | None, own: str) -> dict[str, Any]:
    there = reader_zone(request)
    return {
        "form": form,
        "found": found,
        "own": own,
        "rows": range(1, ROWS + 1),
        "zones": zone_names(),
        "reader_zone": there.key,
        "local": lambda moment: local(moment, there),
    }


def _search(house: House, form: Posted) -> Search:
    return Search(house.schedules.clock(), timedelta(minutes=form.number("minutes")), COUNT)


def _people(form: Posted) -> list[tuple[str, Hours]]:
    opens, closes = _time(form, "opens"), _time(form, "closes")
    days = frozenset(range(7)) if form.checked("weekend") else WORKDAYS
    rows = [(form.text(f"email{n}"), form.text(f"zone{n}")) for n in range(1, ROWS + 1)]
    return [(email, Hours(zone(name or "UTC"), opens, closes, days)) for email, name in rows if email]


def _time(form: Posted, name: str) -> time:
    try:
        return time.fromisoformat(form.text(name)).replace(tzinfo=None)
    except ValueError as exc:
        raise InvalidRequest("Working hours must be written like 09:00.") from exc
