"""A house whose connection leads to a vendor that fails on demand."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from app.db.tables import connections
from app.domain.caller import Caller
from app.domain.permissions import CONTRACT_SCOPES
from app.domain.session import SessionDraft
from app.settings import Settings
from app.wiring import House, open_house
from tests.conftest import Hands
from tests.providers.fakes import Fake, Vendor, fake_provider
from tests.services.administration import admin, foreigner, formed, gate, office  # noqa: F401 (fixtures)


@pytest.fixture
def provider() -> type[Fake]:
    return fake_provider()


@pytest.fixture
def vendor(provider: type[Fake]) -> Vendor:
    return provider.vendor


@pytest.fixture
async def fake_house(settings: Settings, clock: Hands, provider: type[Fake]) -> AsyncIterator[House]:
    quick = settings.model_copy(update={"request_budget_seconds": 1.5, "claim_lease_seconds": 5.0})
    from app.providers.registry import providers

    async with open_house(quick, clock, {**providers(), "fake": provider}) as opened:
        yield opened


@pytest.fixture
async def caller(fake_house: House) -> Caller:
    """A client of the default portal whose connection is the fake vendor."""
    client = await fake_house.clients.add("lms")
    found = await fake_house.access.basic(client.client_id, client.client_secret, "127.0.0.1")
    async with fake_house.db.begin() as tx:
        await tx.execute(
            update(connections).where(connections.c.id == found.connection_id).values(provider="fake")
        )
    return found


@pytest.fixture
def stranger() -> Caller:
    return Caller("other", UUID(int=1), UUID(int=2), frozenset(CONTRACT_SCOPES))


def draft(title: str = "Fire safety", **changes: object) -> SessionDraft:
    values: dict[str, object] = {
        "external_id": str(uuid4()),
        "title": title,
        "description": "Part 1",
        "starts_at": datetime(2030, 5, 14, 15, tzinfo=UTC),
        "ends_at": datetime(2030, 5, 14, 16, 30, tzinfo=UTC),
        "creator_email": "admin@example.com",
    }
    return SessionDraft(**{**values, **changes})  # type: ignore[arg-type]
