"""/api/v1/sessions/{id}/roster: who attended, and why; asked for anew, corrected by hand."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from app.api.answers import BasedOn, answer
from app.api.callers import Inside, need
from app.api.slices import MOST, USUAL
from app.domain.actor import Actor
from app.domain.permissions import Scope
from app.services.rosters import Correction, Line, Roster

router = APIRouter(prefix="/api/v1/sessions/{session_id}/roster", tags=["Sessions"])
Viewing = Annotated[Actor, need(Scope.ILT_ROSTER_VIEW)]
Managing = Annotated[Actor, need(Scope.ILT_ROSTER_MANAGE)]


class LineView(BaseModel):
    """`by` hand: a correction stands over the evidence, which said `evidence_says`."""

    email: str
    role: str = Field(examples=["learner", "instructor"])
    attended: bool
    reason: str
    minutes_present: float
    by: str = Field(examples=["evidence", "hand"])
    evidence_says: str | None
    corrected_by: str | None
    corrected_at: datetime | None

    @classmethod
    def of(cls, line: Line, roster: Roster) -> "LineView":
        mark, decision = line.mark, line.decision
        return cls(
            email=line.email,
            role="instructor" if line.key in roster.taught else "learner",
            attended=line.attended,
            reason=line.reason,
            minutes_present=round(line.present.total_seconds() / 60, 1),
            by="hand" if mark else "evidence",
            evidence_says=decision and decision.reason,
            corrected_by=mark and mark.made_by,
            corrected_at=mark and mark.made_at,
        )


class RosterView(BaseModel):
    """The lines by address. `next`: goes into `after` of the next call; null at the end."""

    session_id: UUID
    attended: int
    people: int
    is_partial: bool = Field(description="The class was followed live, and some of it was missed.")
    can_be_updated: bool = Field(description="The provider gives a report that can be asked for again.")
    updated_at: datetime | None
    update_note: str
    items: list[LineView]
    next: str | None


class NewCorrection(BaseModel):
    email: str
    attended: bool
    reason: str = Field(description="Everybody who sees the roster reads it.")


def shown(roster: Roster, after: str = "", limit: int = MOST) -> Response:
    """A roster with its ETag: the revision that a correction is based on."""
    lines = [line for line in roster.lines if line.key > after]
    view = RosterView(
        session_id=roster.listed.session.id,
        attended=roster.attended,
        people=len(roster.lines),
        is_partial=roster.partial,
        can_be_updated=roster.reports,
        updated_at=roster.sheet.fetched_at,
        update_note=roster.sheet.fetch_note,
        items=[LineView.of(line, roster) for line in lines[:limit]],
        next=lines[limit - 1].key if len(lines) > limit else None,
    )
    return answer(view, revision=roster.sheet.revision)


@router.get("", response_model=RosterView, summary="Who attended, and why")
async def roster(
    house: Inside,
    actor: Viewing,
    session_id: UUID,
    after: Annotated[str, Query(max_length=400, description="`next` of the last slice.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = USUAL,
) -> Response:
    """As it is known now; the provider is not asked."""
    return shown(await house.rosters.get(actor, session_id), after, limit)


@router.post("/update", response_model=RosterView, summary="Update Roster: ask the provider again")
async def update(house: Inside, actor: Managing, session_id: UUID) -> Response:
    """What it says now counts instead of what it said before; corrections are kept. 409 without a report."""
    return shown(await house.rosters.update(actor, session_id))


@router.post("/corrections", response_model=RosterView, summary="Correct a person's attendance by hand")
async def correct(
    house: Inside, actor: Managing, session_id: UUID, new: NewCorrection, known: BasedOn
) -> Response:
    """The latest correction of a person counts, over the evidence, for the LMS as well."""
    said = Correction(new.email, new.attended, new.reason)
    return shown(await house.rosters.mark(actor, session_id, said, known))


@router.delete("/corrections", response_model=RosterView, summary="Let the evidence decide again")
async def uncorrect(
    house: Inside,
    actor: Managing,
    session_id: UUID,
    email: Annotated[str, Query(description="Whose correction is removed.")],
    known: BasedOn,
) -> Response:
    return shown(await house.rosters.unmark(actor, session_id, email, known))
