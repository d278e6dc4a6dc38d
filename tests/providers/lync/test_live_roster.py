"""The whole way of a live roster: a class in the house, the simulator's event channel, evidence."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from app.db import sessions, watches
from app.db.tables import connections
from app.providers.lync.card import MS_LYNC
from app.simulators.lync import DEFAULT_PASSWORD, DEFAULT_USER
from app.wiring import open_house
from app.worker import watching
from tests.db.kept import stays
from tests.services.conftest import draft

CHRIS = "chris@contoso.example"


@pytest.fixture
async def house(settings, simulator):
    if not any(CHRIS in str(person) for person in simulator.people()):
        simulator.add_person(CHRIS, "Chris")
    near = {"allow_private_endpoints": True, "provider_ca_file": str(simulator.ca_path)}
    async with open_house(settings.model_copy(update=near)) as opened:
        yield opened


@pytest.fixture
async def caller(house, simulator):
    """A client whose connection is the simulator, with the live roster chosen."""
    client = await house.clients.add("lms")
    found = await house.access.basic(client.client_id, client.client_secret, "127.0.0.1")
    chosen = {
        "username": DEFAULT_USER,
        "api_endpoint": simulator.base_url,
        "attendance": "live_roster",
    }
    row = update(connections).where(connections.c.id == found.connection_id)
    sealed = house.connections.seal(found.connection_id, {"password": DEFAULT_PASSWORD})
    async with house.db.begin() as tx:
        await tx.execute(row.values(provider=MS_LYNC.key, settings=chosen, sealed_secrets=sealed))
    return found


async def test_who_comes_to_a_class_and_goes_is_evidence_of_the_live_roster(house, caller, simulator):
    begin = datetime.now(UTC)
    wanted = draft(starts_at=begin, ends_at=begin + timedelta(hours=1))
    await house.sessions.create(caller, wanted)
    async with house.db.read() as tx:
        session = await sessions.find(tx, caller.tenant_id, wanted.external_id)
        meeting = (await house.meetings._store.find(tx, session.id)).ref.provider_id

    async def seen(condition):
        async with asyncio.timeout(10):
            while True:
                present = await stays(house, session.id)
                if present and condition(present[0]):
                    return present
                await asyncio.sleep(0.05)

    async with watching(house.watches):
        async with asyncio.timeout(10):
            while not any("svc-lms" in str(person) for person in simulator.participants(meeting)):
                await asyncio.sleep(0.05)
        simulator.join(meeting, f"sip:{CHRIS}")
        (open_stay,) = await seen(lambda stay: stay.until is None)
        simulator.leave(meeting, f"sip:{CHRIS}")
        (stay,) = await seen(lambda stay: stay.until is not None)
    assert (stay.email, stay.at, stay.source) == (CHRIS, open_stay.at, MS_LYNC.key)
    assert begin <= stay.at <= stay.until
    assert not any("svc-lms" in str(person) for person in simulator.participants(meeting))
    async with house.db.read() as tx:
        assert await watches.is_partial(tx, session.id)  # the worker was stopped before the class was over
