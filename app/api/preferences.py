"""/api/v1/connections/{id}/preferences: a provider's own page of few fields; saving does the integration."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Response
from pydantic import BaseModel, Field

from app.api.answers import answer
from app.api.callers import Inside, Signed
from app.api.connections import Activated, PerhapsBasedOn
from app.api.reports import Report
from app.services.activation import as_json
from app.services.preferences import Preferences

router = APIRouter(prefix="/api/v1/connections/{connection_id}/preferences", tags=["Connections"])
Typed = Annotated[
    dict[str, Any],
    Body(
        description="The fields of the page, by name. A password that is empty or not there stays as stored.",
        examples=[{"username": "svc@example.com", "password": "…", "api_endpoint": "example.com"}],
    ),
]


class FieldView(BaseModel):
    """One field of the form."""

    name: str
    title: str
    description: str
    type: str = Field(examples=["text", "secret", "number", "choice", "switch"])
    required: bool
    default: Any
    choices: list[str]
    minimum: float | None
    maximum: float | None
    longest: int | None


class PreferencesView(BaseModel):
    """The page as it stands. No secret is among `values`; `secrets_stored` names those that are there."""

    title: str
    connection_id: UUID
    state: str
    values: dict[str, Any]
    fields: list[FieldView]
    more: list[FieldView] = Field(description="All other settings, for whoever may configure integrations.")
    secrets_stored: list[str]
    health: Report | None
    checked_at: datetime | None

    @classmethod
    def of(cls, page: Preferences) -> "PreferencesView":
        one = page.integration
        assert one is not None, "a connection was asked for"
        return cls(
            title=page.page.title,
            connection_id=one.id,
            state=one.state,
            values=page.values,
            fields=[FieldView.model_validate(field, from_attributes=True) for field in page.fields],
            more=[FieldView.model_validate(field, from_attributes=True) for field in page.more],
            secrets_stored=list(one.secrets_stored),
            health=Report.of(one.health) if one.health else None,
            checked_at=one.checked_at,
        )


@router.get("", response_model=PreferencesView, summary="The preferences page of an integration")
async def preferences(house: Inside, actor: Signed, connection_id: UUID) -> Response:
    """Needs the permission that the provider's card names."""
    page = await house.preferences.read(actor, connection_id)
    return answer(PreferencesView.of(page), revision=page.integration.revision if page.integration else None)


@router.put("", response_model=Activated, summary="Save: try it for real, store it, switch on")
async def save(
    house: Inside, actor: Signed, connection_id: UUID, typed: Typed, known: PerhapsBasedOn
) -> Response:
    """Where it fails, nothing is stored and what worked goes on working; the answer names the step."""
    done = await house.preferences.save(actor, connection_id, typed, known)
    return answer(Activated.of(done), revision=done.integration.revision)


@router.post("/test", summary="Try it for real; nothing is stored")
async def try_out(house: Inside, actor: Signed, connection_id: UUID, typed: Typed) -> Report:
    return Report.of(as_json(await house.preferences.test(actor, connection_id, typed)))
