"""/api/v1/vendors/{id}/instructors, many at once: a CSV file understood, rows brought in with a report."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, Field

from app.api.answers import answer
from app.api.callers import Inside
from app.api.instructors import Updating
from app.domain.people import InstructorDraft
from app.services.imports import IN_ONE_GO, Imported, Row, judged

router = APIRouter(prefix="/api/v1/vendors/{vendor_id}/instructors", tags=["Vendors"])


class RowView(BaseModel):
    """One person of a list. `number`: the line of the file."""

    number: int = Field(ge=0, le=10**9)
    email: str
    first_name: str
    last_name: str
    active: bool = True

    @classmethod
    def of(cls, row: Row) -> "RowView":
        draft = row.draft
        active = draft.active is not False
        return cls(
            number=row.number,
            email=draft.email,
            first_name=draft.first_name,
            last_name=draft.last_name,
            active=active,
        )

    def row(self) -> Row:
        draft = InstructorDraft(
            self.email.strip(), self.first_name.strip(), self.last_name.strip(), self.active
        )
        return judged(self.number, draft)


class WrongRow(BaseModel):
    number: int
    email: str
    why: str


class ListPreview(BaseModel):
    """What a file holds. `rows` go into the import, some at a time; nothing is stored yet."""

    rows: list[RowView]
    wrong: list[WrongRow]
    in_one_go: int = Field(description="How many rows one import may bring.")


class ListRows(BaseModel):
    rows: list[RowView] = Field(max_length=IN_ONE_GO)


class Reported(BaseModel):
    """`outcome` not tried: the provider failed before the row's turn came."""

    number: int
    email: str
    outcome: str = Field(examples=["added", "updated", "already so", "not imported", "not tried"])
    why: str

    @classmethod
    def of(cls, one: Imported) -> "Reported":
        return cls(number=one.row.number, email=one.row.draft.email, outcome=one.outcome, why=one.why)


class ImportReport(BaseModel):
    items: list[Reported]


@router.post("/preview", response_model=ListPreview, summary="Understand a CSV file")
async def preview(
    house: Inside, actor: Updating, vendor_id: UUID, content: Annotated[bytes, Body(media_type="text/csv")]
) -> Response:
    """Any divider, any usual encoding. The first line names the columns, as an export of the page does."""
    go = await house.imports.in_one_go(actor, vendor_id)
    roll = await house.imports.preview(actor, content)
    wrong = [WrongRow(number=row.number, email=row.draft.email, why=row.wrong) for row in roll.bad]
    return answer(ListPreview(rows=[RowView.of(row) for row in roll.good], wrong=wrong, in_one_go=go))


@router.post("/import", response_model=ImportReport, summary="Bring rows in, with a report for each")
async def bring_in(house: Inside, actor: Updating, vendor_id: UUID, wanted: ListRows) -> Response:
    """Who is there already is brought up to date; nobody is removed. The same rows again change nothing."""
    done = await house.imports.bring_in(actor, vendor_id, [one.row() for one in wanted.rows])
    return answer(ImportReport(items=[Reported.of(one) for one in done]))
