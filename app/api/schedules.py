"""/api/v1/schedule: calendars, clashes, free times, a change of instructor, a calendar address."""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, Field

from app.api.answers import BasedOn, Once, answer
from app.api.callers import Inside, need
from app.domain.actor import Actor
from app.domain.calendar import Appointment, Clash, Span, zone
from app.domain.errors import InvalidRequest
from app.domain.permissions import Scope
from app.domain.slots import WORKDAYS, Hours, Search
from app.services.schedules import Lesson
from app.services.substitutes import Change
from app.telemetry.logs import correlation_id

router = APIRouter(prefix="/api/v1/schedule", tags=["Schedule"])
Viewing = Annotated[Actor, need(Scope.ILT_SESSIONS_VIEW)]
Scheduling = Annotated[Actor, need(Scope.ILT_SESSIONS_CREATE)]
Instructor = Annotated[str, Query(description="An e-mail address; empty for the own calendar of a person.")]


class AppointmentView(BaseModel):
    """A class in one instructor's calendar. `assigned`: it needs this very person; else the LMS names nobody,
    and any active instructor of the vendor may present."""

    session_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    vendor: str
    assigned: bool
    cancelled: bool
    revision: int

    @classmethod
    def of(cls, one: Appointment) -> "AppointmentView":
        span = {"starts_at": one.span.starts_at, "ends_at": one.span.ends_at}
        same = {name: getattr(one, name) for name in cls.model_fields if name not in span}
        return cls(**same, **span)


class ClashView(BaseModel):
    """Two classes that need the same person; both last from `starts_at` to `ends_at`."""

    first: AppointmentView
    second: AppointmentView
    starts_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, clash: Clash) -> "ClashView":
        first, second = AppointmentView.of(clash.first), AppointmentView.of(clash.second)
        both = clash.together
        return cls(first=first, second=second, starts_at=both.starts_at, ends_at=both.ends_at)


class TimetableView(BaseModel):
    appointments: list[AppointmentView]
    conflicts: list[ClashView]


class Presenter(BaseModel):
    email: str
    name: str


class LessonView(AppointmentView):
    """One class. `presents`: whether the caller does."""

    presents: bool
    presenters: list[Presenter]

    @classmethod
    def told(cls, lesson: Lesson) -> "LessonView":
        presenters = [Presenter(email=one.email, name=one.name) for one in lesson.presenters]
        known = AppointmentView.of(lesson.appointment).model_dump()
        return cls(**known, presents=lesson.presents, presenters=presenters)


class Working(BaseModel):
    """When somebody works, by their own clock. `closes` at or before `opens` is on the next day."""

    instructor: str
    zone: str = Field("UTC", examples=["Europe/Berlin"])
    opens: time = time(9)
    closes: time = time(17)
    days: set[Annotated[int, Field(ge=0, le=6)]] = Field(set(WORKDAYS), description="Monday is 0.")

    def hours(self) -> Hours:
        opens, closes = (at.replace(tzinfo=None) for at in (self.opens, self.closes))
        return Hours(zone(self.zone), opens, closes, frozenset(self.days))


class Question(BaseModel):
    """Who has to be free, for how long, from when on (now, if not said), and how many times to tell."""

    participants: list[Working]
    minutes: int = Field(60, ge=5, le=720)
    after: AwareDatetime | None = None
    count: int = Field(10, ge=1, le=50)


class Slot(BaseModel):
    starts_at: datetime
    ends_at: datetime


class Slots(BaseModel):
    slots: list[Slot]


class Substitution(BaseModel):
    old: str
    new: str


class Substituted(BaseModel):
    """`trouble`: what the provider said; it is told again in the background. Links lead right already."""

    revision: int
    presenter: Presenter
    trouble: str


class JoinLink(BaseModel):
    join_url: str


class CalendarAddress(BaseModel):
    """Shown once."""

    url: str


@router.get("", response_model=TimetableView, summary="An instructor's classes in a window, and clashes")
async def timetable(
    house: Inside, actor: Viewing, since: AwareDatetime, until: AwareDatetime, instructor: Instructor = ""
) -> Response:
    found = await house.schedules.timetable(actor, instructor, _span(since, until))
    appointments = [AppointmentView.of(one) for one in found.appointments]
    clashes = [ClashView.of(one) for one in found.clashes]
    return answer(TimetableView(appointments=appointments, conflicts=clashes))


@router.post("/free", response_model=Slots, summary="The next times in which several instructors are free")
async def free(house: Inside, actor: Viewing, asked: Question) -> Response:
    """Within everybody's working hours, counting their classes at every vendor; up to three months ahead."""
    after = (asked.after or house.schedules.clock()).astimezone(UTC)
    who = [(one.instructor, one.hours()) for one in asked.participants]
    wanted = Search(after, timedelta(minutes=asked.minutes), asked.count)
    found = await house.schedules.free(actor, who, wanted)
    return answer(Slots(slots=[Slot(starts_at=one.starts_at, ends_at=one.ends_at) for one in found]))


@router.post(
    "/feed", status_code=201, response_model=CalendarAddress, summary="Make the own calendar address"
)
async def make_feed(house: Inside, actor: Viewing, once: Once) -> Response:
    """For people; the address before it stops working."""

    async def deed() -> Response:
        return answer(CalendarAddress(url=(await house.feeds.make(actor)).url), 201)

    return await once(deed)


@router.delete("/feed", status_code=204, summary="Revoke the own calendar address")
async def revoke_feed(house: Inside, actor: Viewing) -> Response:
    await house.feeds.revoke(actor)
    return answer(None, 204)


@router.get("/{session_id}", response_model=LessonView, summary="One class, and who presents")
async def lesson(house: Inside, actor: Viewing, session_id: UUID) -> Response:
    found = await house.schedules.lesson(actor, session_id)
    return answer(LessonView.told(found), revision=found.appointment.revision)


@router.post("/{session_id}/launch", response_model=JoinLink, summary="The own link into a class")
async def launch(house: Inside, actor: Viewing, session_id: UUID) -> Response:
    """For people: the same link, role and record as by the LMS."""
    return answer(JoinLink(join_url=await house.launches.launch_own(actor, session_id, correlation_id())))


@router.put("/{session_id}/instructor", response_model=Substituted, summary="Change the instructor in place")
async def change_instructor(
    house: Inside, actor: Scheduling, session_id: UUID, wanted: Substitution, known: BasedOn
) -> Response:
    """The class keeps its id, its meeting and everybody's links; presenter rights change at once."""
    change = Change(wanted.old, wanted.new, known)
    done = await house.substitutes.change_instructor(actor, session_id, change)
    presenter = Presenter(email=done.new.email, name=done.new.name)
    shown = Substituted(revision=done.revision, presenter=presenter, trouble=done.trouble)
    return answer(shown, revision=done.revision)


def _span(since: datetime, until: datetime) -> Span:
    try:
        return Span(since.astimezone(UTC), until.astimezone(UTC))
    except OverflowError as exc:
        raise InvalidRequest("This window is out of reach.") from exc
