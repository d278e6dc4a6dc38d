"""/api/v1/clients: the credentials of machines. A secret is in an answer once, when it is made."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from app.api.answers import Once, answer
from app.api.callers import Inside, need
from app.api.slices import Slice, Sliced
from app.domain.actor import Actor
from app.domain.permissions import CONTRACT_SCOPES, Scope
from app.services.clients import NewClient
from app.services.credentials import ListedClient

router = APIRouter(prefix="/api/v1/clients", tags=["API clients"])
Managing = Annotated[Actor, need(Scope.API_CLIENTS_MANAGE)]


class ClientView(BaseModel):
    """`secrets` work now, the older of two until `old_secret_until`."""

    id: str
    name: str
    connection: str
    scopes: list[str]
    created_at: datetime
    revoked_at: datetime | None
    secrets: int
    old_secret_until: datetime | None

    @classmethod
    def of(cls, client: ListedClient) -> "ClientView":
        return cls.model_validate(client, from_attributes=True)


class WantedClient(BaseModel):
    name: str
    connection_id: UUID
    scopes: list[str] = Field(default_factory=lambda: [scope.value for scope in CONTRACT_SCOPES])


class Renewal(BaseModel):
    overlap_hours: float = Field(
        default=24, ge=0, le=2160, description="How long the old secret still works."
    )


class ClientSecret(BaseModel):
    """The secret is shown this once."""

    client_id: str
    client_secret: str
    name: str
    connection: str
    scopes: list[str]
    old_secret_until: datetime | None

    @classmethod
    def of(cls, made: NewClient) -> "ClientSecret":
        return cls.model_validate(made, from_attributes=True)


@router.get("", summary="Credentials, revoked ones too")
async def clients(house: Inside, actor: Managing, asked: Sliced) -> Slice[ClientView]:
    found = await house.credentials.page(actor, asked.text(), asked.limit + 1)
    return asked.cut([ClientView.of(one) for one in found], key=lambda one: [one.id])


@router.post("", status_code=201, response_model=ClientSecret, summary="A new credential")
async def add(house: Inside, actor: Managing, wanted: WantedClient, once: Once) -> Response:
    """Beyond what the contract needs, only scopes that you hold yourself."""

    async def deed() -> Response:
        made = await house.credentials.add(actor, wanted.name, wanted.connection_id, wanted.scopes)
        return answer(ClientSecret.of(made), 201, location=f"/api/v1/clients/{made.client_id}")

    return await once(deed)


@router.get("/{client_id}", response_model=ClientView, summary="One credential")
async def client(house: Inside, actor: Managing, client_id: str) -> Response:
    return answer(ClientView.of(await house.credentials.get(actor, client_id)))


@router.post("/{client_id}/rotate", response_model=ClientSecret, summary="A new secret")
async def rotate(
    house: Inside, actor: Managing, client_id: str, once: Once, renewal: Renewal | None = None
) -> Response:
    async def deed() -> Response:
        overlap = timedelta(hours=(renewal or Renewal()).overlap_hours)
        return answer(ClientSecret.of(await house.credentials.rotate(actor, client_id, overlap)))

    return await once(deed)


@router.delete("/{client_id}", status_code=204, summary="Revoke: refused from now on")
async def revoke(house: Inside, actor: Managing, client_id: str) -> Response:
    await house.credentials.revoke(actor, client_id)
    return answer(None, 204)
