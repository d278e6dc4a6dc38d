"""View Your Sessions: the own classes as a list and as a week, and free times of several instructors."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response

from app.admin.pages import page
from app.admin.signed import Inside, need
from app.admin.zones import reader_zone, remember
from app.domain.actor import Actor
from app.domain.calendar import Appointment, Week, zone_names
from app.domain.errors import InvalidRequest
from app.domain.permissions import Scope
from app.services.schedules import Timetable

router = APIRouter(prefix="/admin/schedule", include_in_schema=False)

Viewing = Annotated[Actor, need(Scope.ILT_SESSIONS_VIEW)]
Skipping = Annotated[int, Query(ge=0, le=100_000)]
TRAIL = [("View Your Sessions", "/admin/schedule")]


@dataclass(frozen=True, slots=True)
class Cell:
    """One class in one day of the week, with its hours as the reader's clock shows them."""

    appointment: Appointment
    hours: str
    clashes: bool


@dataclass(frozen=True, slots=True)
class Column:
    """One day."""

    date: date
    today: bool
    cells: tuple[Cell, ...]


@router.get("")
async def agenda(request: Request, house: Inside, actor: Viewing, skip: Skipping = 0) -> Response:
    found = await house.schedules.agenda(actor, skip)
    return page(request, "schedule.html", agenda=found, paging=skip > 0, plans=plans(actor))


@router.get("/week")
async def week(
    request: Request, house: Inside, actor: Viewing, day: str = "", zone: str = "", instructor: str = ""
) -> Response:
    there = reader_zone(request, zone)
    today = house.schedules.clock().astimezone(there).date()
    shown = Week.around(_date(day) if day else today, there)
    timetable = await house.schedules.timetable(actor, instructor.strip(), shown.span)
    values: dict[str, Any] = {
        "columns": columns(shown, timetable, today),
        "clashes": timetable.clashes,
        "week": shown,
        "zones": zone_names(),
        "instructor": instructor.strip(),
        "plans": plans(actor),
        "local": lambda moment: local(moment, there),
        "days": timedelta,
    }
    return remember(page(request, "week.html", trail=TRAIL, **values), zone)


def plans(actor: Actor) -> bool:
    """Whether others' calendars are this person's business too."""
    return actor.may(Scope.ILT_SESSIONS_CREATE) or actor.constraint(Scope.ILT_SESSIONS_VIEW) is None


def columns(week: Week, timetable: Timetable, today: date) -> list[Column]:
    """The seven days, ready to be drawn."""
    clashing = {one.session_id for clash in timetable.clashes for one in (clash.first, clash.second)}
    return [
        Column(
            day.date, day.date == today, tuple(_cell(one, week.zone, clashing) for one in day.appointments)
        )
        for day in week.days(timetable.appointments)
    ]


def local(moment: datetime, there: ZoneInfo) -> str:
    """With its date, and the zone's short name where it has one: two o'clock comes twice in one night."""
    at = moment.astimezone(there)
    return f"{at:%A} {at.day} {at:%B %Y, %H:%M} {at:%Z}"


def _cell(one: Appointment, there: ZoneInfo, clashing: set[UUID]) -> Cell:
    begins, ends = one.span.starts_at.astimezone(there), one.span.ends_at.astimezone(there)
    last = f"{ends:%H:%M}" if begins.date() == ends.date() else f"{ends:%a} {ends.day} {ends:%b %H:%M}"
    first = f"{begins:%H:%M}" if begins.date() == ends.date() else f"{begins:%a} {begins:%H:%M}"
    return Cell(one, f"{first} – {last}", one.session_id in clashing)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise InvalidRequest("The day must be written like 2030-05-14.") from exc
