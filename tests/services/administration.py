"""What tests of the administrators' side share: a house whose vendor has a form, and its administrator."""

from collections.abc import AsyncIterator

import pytest

from app.domain.actor import Actor
from app.domain.permissions import Scope
from app.providers.registry import providers
from app.settings import Settings
from app.wiring import House, open_house
from tests.conftest import Hands
from tests.providers.formed import Formed, Gate, actor_with, formed_provider


@pytest.fixture
def formed() -> type[Formed]:
    return formed_provider()


@pytest.fixture
def gate(formed: type[Formed]) -> Gate:
    return formed.gate


@pytest.fixture
async def office(settings: Settings, clock: Hands, formed: type[Formed]) -> AsyncIterator[House]:
    """A house in which the formed vendor stands in the Marketplace."""
    async with open_house(settings, clock, {**providers(), "formed": formed}) as opened:
        yield opened


@pytest.fixture
async def admin(office: House) -> Actor:
    """May everything in the default tenant."""
    client = await office.clients.add("lms")
    caller = await office.access.basic(client.client_id, client.client_secret, "127.0.0.1")
    return actor_with(caller.tenant_id, *Scope)


@pytest.fixture
async def foreigner(office: House) -> Actor:
    """May everything in another tenant."""
    client = await office.clients.add("other", tenant_key="acme")
    caller = await office.access.basic(client.client_id, client.client_secret, "127.0.0.1")
    return actor_with(caller.tenant_id, *Scope)
