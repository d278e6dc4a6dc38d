"""/api/v1/background: what was given up and can be woken, and the last looks at the providers."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from app.api.answers import answer
from app.api.callers import Inside, need
from app.domain.actor import Actor
from app.domain.permissions import Scope
from app.services.jobs import Job, ParkedHere
from app.services.reconciliation import Kept

router = APIRouter(prefix="/api/v1/background", tags=["Background work"])
Managing = Annotated[Actor, need(Scope.EDGE_INTEGRATIONS_MANAGE)]


class ParkedView(BaseModel):
    """`kind` and `subject` name it. `name`: of the class or connection; null for a class that the caller may
    not see."""

    kind: str = Field(examples=["meeting", "attendance", "expiry", "reconciliation"])
    subject: str
    name: str | None
    session_id: UUID | None
    error: str
    attempts: int
    since: datetime

    @classmethod
    def of(cls, parked: ParkedHere, *, sees_classes: bool) -> "ParkedView":
        shown = cls.model_validate(parked, from_attributes=True)
        return shown if sees_classes or parked.session_id is None else shown.model_copy(update={"name": None})


class ComparisonView(BaseModel):
    """The last comparison of one connection with its provider. `listed`: how many meetings the provider
    showed; null where it cannot list. `lines`: what was found, and whether it was put right."""

    connection_id: UUID
    connection: str
    at: datetime
    listed: int | None
    compared: int
    error: str
    lines: list[dict[str, Any]]

    @classmethod
    def of(cls, kept: Kept) -> "ComparisonView":
        told = {name: kept.report[name] for name in ("listed", "compared", "error", "lines")}
        return cls(connection_id=kept.connection_id, connection=kept.connection_name, at=kept.at, **told)


class BackgroundView(BaseModel):
    """`parked`: the newest first, at most 200."""

    parked: list[ParkedView]
    comparisons: list[ComparisonView]


class Waking(BaseModel):
    kind: str
    subject: str


@router.get("", response_model=BackgroundView, summary="What was given up, and comparisons with providers")
async def background(house: Inside, actor: Managing) -> Response:
    sees = actor.sees_every_class
    parked = [ParkedView.of(one, sees_classes=sees) for one in await house.jobs.parked_here(actor)]
    kept = await house.reconciliation.reports(actor.tenant_id)
    return answer(BackgroundView(parked=parked, comparisons=[ComparisonView.of(one) for one in kept]))


@router.post("/wake", status_code=204, summary="Try something again that was given up")
async def wake(house: Inside, actor: Managing, wanted: Waking) -> Response:
    """It is tried at once, and its attempts are counted anew. 404 for what is not given up (any more)."""
    await house.jobs.wake_here(actor, Job(wanted.kind, wanted.subject))
    return answer(None, 204)
