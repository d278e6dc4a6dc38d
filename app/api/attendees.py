"""/api/v1/roster: who attended, over many classes; for one person, one class, or a time."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from app.api.callers import Inside
from app.api.rosters import LineView, Viewing
from app.api.sessions import aware
from app.api.slices import NOT_OURS, Slice, Sliced, Slicing
from app.domain.errors import InvalidRequest
from app.domain.people import person_key
from app.services.attendees import Attendee, Behind, Sought

router = APIRouter(prefix="/api/v1/roster", tags=["Sessions"])


class AttendeeView(LineView):
    """A line of one class's roster, with the class."""

    session_id: UUID
    external_id: str
    title: str
    starts_at: datetime
    ends_at: datetime
    vendor: str
    is_partial: bool = Field(description="The class was followed live, and some of it was missed.")

    @classmethod
    def told(cls, one: Attendee) -> "AttendeeView":
        listed = one.roster.listed
        session = listed.session
        return cls(
            **LineView.of(one.line, one.roster).model_dump(),
            session_id=session.id,
            external_id=session.external_id,
            title=session.title,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            vendor=listed.vendor,
            is_partial=one.roster.partial,
        )


async def sought_of(
    session_id: Annotated[UUID | None, Query(description="Of this class only.")] = None,
    person: Annotated[str, Query(description="Of the person with this e-mail address only.")] = "",
    since: Annotated[datetime | None, Query(description="The class begins then or later.")] = None,
    until: Annotated[datetime | None, Query(description="The class begins before.")] = None,
    newest_first: bool = False,
) -> Sought:
    return Sought(person.strip(), session_id, aware(since), aware(until), newest_first)


@router.get("", summary="Attendance over classes, by their beginning, then by address")
async def attendees(
    house: Inside, actor: Viewing, asked: Sliced, sought: Annotated[Sought, Depends(sought_of)]
) -> Slice[AttendeeView]:
    """Of classes that the permission reaches, those of which something is known. No provider is asked."""
    found = await house.attendees.page(actor, sought, _behind(asked), asked.limit + 1)
    return asked.cut(
        [AttendeeView.told(one) for one in found],
        key=lambda one: [one.starts_at.isoformat(), str(one.session_id), person_key(one.email)],
    )


def _behind(asked: Slicing) -> Behind | None:
    after = asked.texts(3)
    try:
        if after is None:
            return None
        return Behind((datetime.fromisoformat(after[0]).astimezone(UTC), UUID(after[1])), after[2])
    except (ValueError, OverflowError) as exc:
        raise InvalidRequest(NOT_OURS) from exc
