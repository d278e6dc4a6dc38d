"""Sessions: found by state, vendor, time and instructor, or by a word; and the story of one of them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from app.admin.pages import page
from app.admin.signed import Inside, need
from app.domain.actor import Actor
from app.domain.errors import InvalidRequest
from app.domain.permissions import Scope
from app.services.stories import Place, Show, Wanted

router = APIRouter(prefix="/admin/sessions", include_in_schema=False)
Viewing = Annotated[Actor, need(Scope.ILT_SESSIONS_VIEW)]
HERE = ("Sessions", "/admin/sessions")
ON_A_PAGE, IN_A_STORY = 50, 100


@dataclass(frozen=True, slots=True)
class Search:
    """The form above the list, as it was filled in; empty fields want nothing."""

    fields: dict[str, str]

    def wanted(self, now: datetime) -> Wanted:
        """Raises InvalidRequest for what no field offers."""
        say = self.fields.get
        begins, ends = _day(say("from", "")), _day(say("to", ""), last=True)
        when = say("when") or ("" if begins or ends else "upcoming")
        return Wanted(
            text=say("q", ""),
            show=_one_of(Show, say("show") or Show.ALL),
            connection_id=_id(say("connection", "")),
            instructor=say("instructor", ""),
            since=begins or (now.replace(hour=0, minute=0, second=0) if when == "upcoming" else None),
            until=ends or (now if when == "past" else None),
            newest_first=when in ("past", "all"),
        )

    @property
    def narrowed(self) -> bool:
        """Whether anything but the usual list was asked for."""
        return any(value for name, value in self.fields.items() if (name, value) != ("when", "upcoming"))


async def search_of(request: Request) -> Search:
    names = ("q", "show", "connection", "instructor", "when", "from", "to")
    return Search({name: request.query_params.get(name, "").strip() for name in names})


Searching = Annotated[Search, Depends(search_of)]


@router.get("")
async def sessions(request: Request, house: Inside, actor: Viewing, search: Searching) -> Response:
    after = place_of(request.query_params.get("after", ""))
    found = await house.stories.page(actor, search.wanted(datetime.now(UTC)), after, ON_A_PAGE + 1)
    shown = found[:ON_A_PAGE]
    return page(
        request,
        "sessions.html",
        sessions=shown,
        clashing=await house.schedules.clashing(actor, [one.session.id for one in shown]),
        next_place=place_text(shown[-1].place) if len(found) > ON_A_PAGE else "",
        search=search,
        shows=Show,
        connections=await house.stories.connections(actor),
        asked=[(name, value) for name, value in search.fields.items() if value],
        further=after is not None,
    )


@router.get("/{session_id}")
async def session(request: Request, house: Inside, actor: Viewing, session_id: UUID) -> Response:
    story = await house.stories.get(actor, session_id)
    events = await house.stories.events(actor, session_id, None, IN_A_STORY)
    values: dict[str, Any] = {"launches": None, "evidence": None, "roster": None}
    if actor.may(Scope.ILT_ROSTER_VIEW) and await house.rosters.reaches(actor, session_id):
        values = {
            "launches": await house.stories.launches(actor, session_id, None, IN_A_STORY),
            "evidence": await house.stories.evidence(actor, session_id, None, IN_A_STORY),
            "roster": await house.rosters.get(actor, session_id),
        }
    return page(request, "session.html", trail=[HERE], story=story, events=events, most=IN_A_STORY, **values)


def place_text(place: Place) -> str:
    """A place in the list, for an address."""
    at, one = place
    return f"{at.astimezone(UTC).isoformat()}_{one}"


def place_of(text: str) -> Place | None:
    """The same, read back. Raises InvalidRequest."""
    if not text:
        return None
    at, _, one = text.partition("_")
    try:
        return datetime.fromisoformat(at.replace(" ", "+")).astimezone(UTC), UUID(one)
    except (ValueError, OverflowError) as exc:
        raise InvalidRequest("This address is not one of ours. Begin with the list.") from exc


def _one_of(kind: type[Show], text: str) -> Show:
    if text not in set(kind):
        raise InvalidRequest("There is no such state of sessions.")
    return kind(text)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as exc:
        raise InvalidRequest("There is no such vendor.") from exc


def _day(text: str, last: bool = False) -> datetime | None:
    """The beginning of a day, or with `last` its end, in UTC. Raises InvalidRequest."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) if text else None
        return day.replace(hour=23, minute=59, second=59) if day and last else day
    except ValueError as exc:
        raise InvalidRequest("A date is written like 2030-05-14.") from exc
