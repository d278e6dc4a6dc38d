"""/api/v1/audit: who did what, when and from where."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.api.callers import Inside, need
from app.api.slices import Slice, Sliced
from app.domain.actor import Actor
from app.domain.errors import InvalidRequest
from app.domain.permissions import Scope
from app.services.audit import Entry, Wanted

router = APIRouter(prefix="/api/v1/audit", tags=["Audit"])
Viewing = Annotated[Actor, need(Scope.AUDIT_VIEW)]
HIGHEST = 2**63 - 1


class AuditEntry(BaseModel):
    """One deed; secrets are masked. `erased`: the person in it was erased, the chain stands."""

    number: int
    at: datetime
    actor: str = Field(
        examples=["user:ada@example.com"],
        description="`unproven:` is somebody who said to be that user and was not let in.",
    )
    address: str
    action: str = Field(examples=["connection.activated"])
    subject: str = Field(examples=["connection:8d9c0f0e-5a55-4f2b-9d57-3b1d5a3f6b11"])
    before: Any
    after: Any
    erased: bool

    @classmethod
    def of(cls, entry: Entry) -> "AuditEntry":
        return cls.model_validate(entry, from_attributes=True)


@router.get("", summary="Deeds, the newest first")
async def audit(
    house: Inside,
    actor: Viewing,
    asked: Sliced,
    by: Annotated[str, Query(description="Part of the actor's name.")] = "",
    action: Annotated[str, Query(description="The beginning of the action.")] = "",
    subject: Annotated[str, Query(description="The beginning of the subject.")] = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> Slice[AuditEntry]:
    wanted = Wanted(by, action, subject, _aware(since), _aware(until))
    found = await house.audit.search(actor, wanted, _number(asked.after), asked.limit + 1)
    return asked.cut([AuditEntry.of(entry) for entry in found], key=lambda entry: [entry.number])


def _aware(moment: datetime | None) -> datetime | None:
    """Without a zone it is UTC."""
    try:
        return moment and (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC))
    except OverflowError as exc:
        raise InvalidRequest("This moment is out of reach.") from exc


def _number(after: list[str | int] | None) -> int | None:
    if after is None:
        return None
    if len(after) != 1 or not isinstance(after[0], int) or not 0 <= after[0] <= HIGHEST:
        raise InvalidRequest("This cursor is not one of ours.")
    return after[0]
