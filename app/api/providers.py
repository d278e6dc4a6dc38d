"""/api/v1/providers: the Marketplace, every provider with what it can and cannot do."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.api.callers import Inside, Signed
from app.api.preferences import FieldView
from app.services.integrations import Offer

router = APIRouter(prefix="/api/v1/providers", tags=["Connections"])


class ProviderView(BaseModel):
    """A provider's card in sentences, and the form that its settings are."""

    key: str
    name: str
    summary: str
    can: list[str]
    cannot: list[str]
    fields: list[FieldView]
    installed: int = Field(description="How many connections of it there are here.")

    @classmethod
    def of(cls, offer: Offer) -> "ProviderView":
        return cls(
            key=offer.card.key,
            name=offer.card.name,
            summary=offer.card.summary,
            can=list(offer.abilities.can),
            cannot=list(offer.abilities.cannot),
            fields=[FieldView.model_validate(field, from_attributes=True) for field in offer.fields],
            installed=offer.installed,
        )


class Marketplace(BaseModel):
    items: list[ProviderView]


@router.get("", summary="Every provider there is")
async def providers(house: Inside, actor: Signed) -> Marketplace:
    """Needs Edge Marketplace - Manage or Edge Integrations - Manage."""
    return Marketplace(
        items=[ProviderView.of(offer) for offer in await house.integrations.marketplace(actor)]
    )
