"""/api/v1/privacy: how long names are kept, everything about one person, and taking a name away."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from app.api.answers import BasedOn, answer
from app.api.callers import Inside, need
from app.domain.actor import Actor
from app.domain.permissions import Scope
from app.services.privacy import Periods

router = APIRouter(prefix="/api/v1/privacy", tags=["Privacy"])
Managing = Annotated[Actor, need(Scope.USERS_MANAGE)]


class Days(BaseModel):
    """In days; null: for ever."""

    class_days: int | None = Field(
        default=None, description="Names in launches, evidence and corrections, from the class's end."
    )
    login_days: int | None = Field(default=None, description="Logins to the pages.")
    audit_days: int | None = Field(
        default=None, description="In the audit trail: who, from where, before and after."
    )


class PeriodsView(Days):
    applied_at: datetime | None

    @classmethod
    def of(cls, periods: Periods) -> "PeriodsView":
        return cls.model_validate(periods, from_attributes=True)


class Who(BaseModel):
    """In the body, so that addresses stay out of logs."""

    email: str


class ErasedView(BaseModel):
    """`rows`: in how many rows of each table the pseudonym stands now."""

    pseudonym: str
    rows: dict[str, int]


class ForgottenView(BaseModel):
    people: int
    logins: int
    deeds: int


def shown(periods: Periods) -> Response:
    """The periods with their ETag."""
    return answer(PeriodsView.of(periods), revision=periods.revision)


@router.get("/periods", response_model=PeriodsView, summary="How long names are kept")
async def periods(house: Inside, actor: Managing) -> Response:
    return shown(await house.privacy.periods(actor))


@router.put("/periods", response_model=PeriodsView, summary="Decide how long names are kept")
async def decide(house: Inside, actor: Managing, days: Days, known: BasedOn) -> Response:
    return shown(await house.privacy.decide(actor, Periods(**days.model_dump()), known))


@router.post("/apply", summary="Take away the names whose time is over, now")
async def apply(house: Inside, actor: Managing) -> ForgottenView:
    return ForgottenView.model_validate(await house.privacy.apply(actor), from_attributes=True)


@router.post("/export", summary="Everything that is stored about one person")
async def export(house: Inside, actor: Managing, who: Who) -> dict[str, Any]:
    return await house.privacy.export(actor, who.email)


@router.post("/erase", summary="Put a pseudonym in a person's place; it cannot be undone")
async def erase(house: Inside, actor: Managing, who: Who) -> ErasedView:
    return ErasedView.model_validate(await house.privacy.erase(actor, who.email), from_attributes=True)
