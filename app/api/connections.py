"""/api/v1/connections: integrations installed, set up, tried, switched on and off; and their preferences."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel, Field

from app.api.answers import BasedOn, Once, answer, based_on
from app.api.callers import Inside, need
from app.api.reports import Report
from app.api.slices import Slice, Sliced
from app.domain.actor import Actor
from app.domain.permissions import Scope
from app.services.activation import as_json
from app.services.installed import Integration, Switched
from app.services.integrations import Change

router = APIRouter(prefix="/api/v1/connections", tags=["Connections"])
Managing = Annotated[Actor, need(Scope.EDGE_INTEGRATIONS_MANAGE)]
Installing = Annotated[Actor, need(Scope.EDGE_MARKETPLACE_MANAGE)]


class ConnectionView(BaseModel):
    """An installed provider. `settings` hold no secret: `secrets_stored` names those that are there."""

    id: UUID
    key: str = Field(examples=["north-america"])
    name: str
    provider: str
    provider_name: str
    state: str = Field(examples=["installed", "active", "inactive"])
    settings: dict[str, Any]
    secrets_stored: list[str]
    health: Report | None
    checked_at: datetime | None
    vendor_id: UUID | None
    preferences: str | None = Field(description="The path of its preferences page, where it has one.")
    hook: str | None = Field(description="Where its provider sends who joins and leaves, if it does.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, shown: Integration) -> "ConnectionView":
        return cls.model_validate(shown, from_attributes=True)


class Installation(BaseModel):
    provider: str = Field(max_length=100, description="The key of a provider in the Marketplace.")
    name: str | None = Field(default=None, description="Else the provider's own, numbered.")


class Edit(BaseModel):
    """What is not said stays, and so does a secret that is given empty."""

    name: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict)


class Trial(BaseModel):
    """Laid over the stored settings."""

    settings: dict[str, Any] = Field(default_factory=dict)


class CredentialView(BaseModel):
    """What to type into the LMS. The secret is shown this once."""

    base_url: str
    client_id: str
    client_secret: str


class Activated(BaseModel):
    """`credential` is there only when one had to be made, which the first activation does."""

    connection: ConnectionView
    credential: CredentialView | None

    @classmethod
    def of(cls, done: Switched) -> "Activated":
        made = done.credential
        shown = made and CredentialView(
            base_url=made.base_url, client_id=made.client_id, client_secret=made.client_secret
        )
        return cls(connection=ConnectionView.of(done.integration), credential=shown)


async def perhaps_based_on(
    if_match: Annotated[str | None, Header(description="The ETag of what was read, if it matters.")] = None,
) -> int | None:
    """The revision that a deed is based on; None takes whatever is there."""
    return None if if_match is None else await based_on(if_match)


PerhapsBasedOn = Annotated[int | None, Depends(perhaps_based_on)]


def shown(one: Integration, status: int = 200, location: str = "") -> Response:
    """One integration with its ETag."""
    return answer(ConnectionView.of(one), status, revision=one.revision, location=location)


@router.get("", summary="Installed integrations")
async def connections(house: Inside, actor: Managing, asked: Sliced) -> Slice[ConnectionView]:
    found = await house.integrations.page(actor, asked.text(), asked.limit + 1)
    return asked.cut([ConnectionView.of(one) for one in found], key=lambda one: [one.key])


@router.post("", status_code=201, response_model=ConnectionView, summary="Install a provider")
async def install(house: Inside, actor: Installing, wanted: Installation, once: Once) -> Response:
    async def deed() -> Response:
        made = await house.integrations.install(actor, wanted.provider, wanted.name)
        return shown(made, 201, f"/api/v1/connections/{made.id}")

    return await once(deed)


@router.get("/{connection_id}", response_model=ConnectionView, summary="One integration")
async def connection(house: Inside, actor: Managing, connection_id: UUID) -> Response:
    return shown(await house.integrations.get(actor, connection_id))


@router.patch("/{connection_id}", response_model=ConnectionView, summary="Change name or settings")
async def change(house: Inside, actor: Managing, connection_id: UUID, edit: Edit, known: BasedOn) -> Response:
    """Settings of an active one are tried first; where they fail, the old ones stay."""
    wanted = Change(edit.name, edit.settings)
    return shown(await house.integrations.change(actor, connection_id, wanted, known))


@router.post("/{connection_id}/test", summary="Try it for real; nothing is stored")
async def try_out(house: Inside, actor: Managing, connection_id: UUID, trial: Trial | None = None) -> Report:
    typed = trial.settings if trial else {}
    return Report.of(as_json(await house.integrations.test(actor, connection_id, typed)))


@router.post("/{connection_id}/activate", response_model=Activated, summary="Switch on")
async def activate(
    house: Inside, actor: Managing, connection_id: UUID, known: PerhapsBasedOn, once: Once
) -> Response:
    """It is tried for real; then its vendor and, the first time, a credential for the LMS are made."""

    async def deed() -> Response:
        done = await house.integrations.activate(actor, connection_id, known)
        return answer(Activated.of(done), revision=done.integration.revision)

    return await once(deed)


@router.post("/{connection_id}/deactivate", response_model=ConnectionView, summary="Switch off")
async def deactivate(house: Inside, actor: Managing, connection_id: UUID, known: PerhapsBasedOn) -> Response:
    """Its vendor becomes inactive and the LMS is told so; the history stays."""
    return shown(await house.integrations.deactivate(actor, connection_id, known))
