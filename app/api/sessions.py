"""/api/v1/sessions: found by a word or by how they stand; what was asked and what became of it."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from app.api.answers import answer
from app.api.callers import Inside, need
from app.api.slices import Slice, Sliced, Slicing
from app.domain.actor import Actor
from app.domain.errors import InvalidRequest
from app.domain.permissions import Scope
from app.services.stories import Event, Launched, Listed, Place, Seen, Show, Story, Wanted

router = APIRouter(prefix="/api/v1/sessions", tags=["Sessions"])
Viewing = Annotated[Actor, need(Scope.ILT_SESSIONS_VIEW)]
Seeing = Annotated[Actor, need(Scope.ILT_ROSTER_VIEW)]
HIGHEST = 2**63 - 1


class SessionView(BaseModel):
    """`instructors` empty: the LMS names none, all active ones of the vendor teach. `pending_since`: since
    when the provider does not have what is wanted; `needs_attention`: it was given up."""

    id: UUID
    external_id: str
    title: str
    starts_at: datetime
    ends_at: datetime
    state: str = Field(examples=["scheduled", "cancelled"])
    connection_id: UUID
    vendor: str
    lo_id: str | None
    instructors: list[str]
    pending_since: datetime | None
    needs_attention: bool

    @classmethod
    def of(cls, listed: Listed) -> "SessionView":
        session = listed.session
        return cls(
            id=session.id,
            external_id=session.external_id,
            title=session.title,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            state=session.state,
            connection_id=session.connection_id,
            vendor=listed.vendor,
            lo_id=session.lo_id,
            instructors=list(listed.instructors),
            pending_since=listed.pending_since,
            needs_attention=listed.parked_at is not None,
        )


class StandingView(BaseModel):
    """How the meeting stands at the provider. `next_try_at`: null while settled or given up."""

    wanted: str
    state: str
    settled: bool
    attempts: int
    last_error: str
    last_error_kind: str
    pending_since: datetime | None
    last_tried_at: datetime | None
    next_try_at: datetime | None
    parked_at: datetime | None
    expired: bool


class StoryView(SessionView):
    """One session. `meeting` null: there is none (any more)."""

    description: str
    revision: int
    parts: int = Field(description="Sessions of the same learning object, this one counted.")
    meeting: StandingView | None

    @classmethod
    def of_story(cls, story: Story) -> "StoryView":
        standing = story.standing
        return cls(
            **SessionView.of(story.listed).model_dump(),
            description=story.listed.session.description,
            revision=story.listed.session.revision,
            parts=story.parts or 1,
            meeting=standing and StandingView.model_validate(standing, from_attributes=True),
        )


class EventView(BaseModel):
    """`kind` request: the LMS asked us; call: we asked the provider. `outcome`: done, or a kind of error."""

    id: int
    at: datetime
    kind: str = Field(examples=["request", "call"])
    deed: str
    who: str
    correlation_id: str
    outcome: str
    message: str
    details: dict[str, Any]

    @classmethod
    def of(cls, event: Event) -> "EventView":
        return cls.model_validate(event, from_attributes=True)


class LaunchView(BaseModel):
    """Somebody was given a link; the link itself is told to nobody else."""

    id: UUID
    email: str
    role: str
    correlation_id: str
    at: datetime

    @classmethod
    def of(cls, launch: Launched) -> "LaunchView":
        return cls.model_validate(launch, from_attributes=True)


class EvidenceView(BaseModel):
    """Raw. `superseded_at`: since when it does not count, because the provider no longer says so."""

    id: int
    email: str
    kind: str = Field(examples=["opened", "present"])
    source: str
    started_at: datetime
    ended_at: datetime | None
    recorded_at: datetime
    superseded_at: datetime | None

    @classmethod
    def of(cls, seen: Seen) -> "EvidenceView":
        return cls.model_validate(seen, from_attributes=True)


async def wanted_of(
    search: Annotated[str, Query(description="Part of the title, the id, or how an address begins.")] = "",
    show: Show = Show.ALL,
    connection_id: UUID | None = None,
    instructor: Annotated[str, Query(description="How the instructor's e-mail address begins.")] = "",
    since: Annotated[datetime | None, Query(description="Begins then or later.")] = None,
    until: Annotated[datetime | None, Query(description="Begins before.")] = None,
    newest_first: bool = False,
) -> Wanted:
    return Wanted(search, show, connection_id, instructor, aware(since), aware(until), newest_first)


@router.get("", summary="Sessions by their beginning")
async def sessions(
    house: Inside, actor: Viewing, asked: Sliced, wanted: Annotated[Wanted, Depends(wanted_of)]
) -> Slice[SessionView]:
    found = await house.stories.page(actor, wanted, _place(asked), asked.limit + 1)
    return asked.cut(
        [SessionView.of(one) for one in found], key=lambda one: [one.starts_at.isoformat(), str(one.id)]
    )


@router.get("/{session_id}", response_model=StoryView, summary="One session, and its meeting's state")
async def session(house: Inside, actor: Viewing, session_id: UUID) -> Response:
    story = await house.stories.get(actor, session_id)
    return answer(StoryView.of_story(story), revision=story.listed.session.revision)


@router.get("/{session_id}/parts", summary="The sessions of the same learning object")
async def parts(house: Inside, actor: Viewing, session_id: UUID) -> list[SessionView]:
    return [SessionView.of(one) for one in await house.stories.parts(actor, session_id)]


@router.get("/{session_id}/events", summary="Requests of the LMS and provider calls, newest first")
async def events(house: Inside, actor: Viewing, session_id: UUID, asked: Sliced) -> Slice[EventView]:
    found = await house.stories.events(actor, session_id, _number(asked), asked.limit + 1)
    return asked.cut([EventView.of(one) for one in found], key=lambda one: [one.id])


@router.get("/{session_id}/launches", summary="Who was given a link, newest first")
async def launches(house: Inside, actor: Seeing, session_id: UUID, asked: Sliced) -> Slice[LaunchView]:
    found = await house.stories.launches(actor, session_id, _place(asked), asked.limit + 1)
    return asked.cut([LaunchView.of(one) for one in found], key=lambda one: [one.at.isoformat(), str(one.id)])


@router.get("/{session_id}/evidence", summary="Raw evidence of attendance, newest first")
async def evidence(house: Inside, actor: Seeing, session_id: UUID, asked: Sliced) -> Slice[EvidenceView]:
    found = await house.stories.evidence(actor, session_id, _number(asked), asked.limit + 1)
    return asked.cut([EvidenceView.of(one) for one in found], key=lambda one: [one.id])


def aware(moment: datetime | None) -> datetime | None:
    """Without a zone it is UTC. Raises InvalidRequest."""
    try:
        return moment and (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC))
    except OverflowError as exc:
        raise InvalidRequest("This moment is out of reach.") from exc


def _place(asked: Slicing) -> Place | None:
    after = asked.texts(2)
    try:
        return None if after is None else (datetime.fromisoformat(after[0]).astimezone(UTC), UUID(after[1]))
    except (ValueError, OverflowError) as exc:
        raise InvalidRequest("This cursor is not one of ours.") from exc


def _number(asked: Slicing) -> int | None:
    after = asked.after
    if after is None:
        return None
    if len(after) != 1 or not isinstance(after[0], int) or not 0 <= after[0] <= HIGHEST:
        raise InvalidRequest("This cursor is not one of ours.")
    return after[0]
