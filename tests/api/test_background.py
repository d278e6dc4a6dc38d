"""Background work over the API: what was given up, woken by whoever manages integrations."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import select

from app.db.tables import sessions
from app.domain.errors import ProviderRejected
from app.domain.permissions import Scope
from app.main import create_app
from app.settings import Settings
from tests.admin.conftest import BASE, SECRET, Office
from tests.conftest import Hands
from tests.providers.fakes import Fake, fake_provider
from tests.services.conftest import draft

API = "/api/v1/background"


@pytest.fixture
def provider() -> type[Fake]:
    return fake_provider()


@pytest.fixture
async def office(sqlite_url: str, clock: Hands, provider: type[Fake]) -> AsyncIterator[Office]:
    """Without a worker, which would compare at once."""
    settings = Settings(database_url=sqlite_url, secret_key=SECRET, public_url=BASE, worker="apart")
    app = create_app(settings, clock, {"sandbox": provider})
    async with app.router.lifespan_context(app):
        yield Office(app, clock)


async def given_up(office: Office, provider: type[Fake], tenant: str = "default") -> str:
    """A class whose meeting its provider refused for good; the class's id."""
    client = await office.house.clients.add("lms", tenant)
    caller = await office.house.access.basic(client.client_id, client.client_secret, "127.0.0.1")
    provider.vendor.faults = ["rejected"]
    with pytest.raises(ProviderRejected):
        await office.house.sessions.create(caller, draft("Refused"))
    async with office.house.db.read() as tx:
        mine = select(sessions.c.id).where(sessions.c.tenant_id == caller.tenant_id)
        return str((await tx.execute(mine)).scalar_one())


@pytest.fixture
async def technician(office: Office) -> httpx.AsyncClient:
    """May not see classes."""
    return await office.machine(Scope.EDGE_INTEGRATIONS_MANAGE)


async def test_nothing_given_up_is_an_empty_list(technician: httpx.AsyncClient) -> None:
    assert (await technician.get(API)).json() == {"parked": [], "comparisons": []}


async def test_what_was_given_up_is_woken_once_and_done(
    office: Office, technician: httpx.AsyncClient, provider: type[Fake]
) -> None:
    session_id = await given_up(office, provider)
    (one,) = (await technician.get(API)).json()["parked"]
    assert (one["kind"], one["subject"], one["session_id"]) == ("meeting", session_id, session_id)
    assert (one["name"], one["attempts"] >= 1) == (None, True), "whoever may not see classes is told no title"
    assert (await (await office.machine()).get(API)).json()["parked"][0]["name"] == "Refused"
    named = {"kind": one["kind"], "subject": one["subject"]}
    assert (await technician.post(f"{API}/wake", json=named)).status_code == 204
    assert (await technician.post(f"{API}/wake", json=named)).status_code == 404
    await office.house.jobs.sweep()
    assert len(provider.vendor.meetings) == 1
    assert (await technician.get(API)).json()["parked"] == []
    trail = await (await office.machine()).get("/api/v1/audit", params={"action": "job.woken"})
    assert [entry["subject"] for entry in trail.json()["items"]] == [f"meeting:{session_id}"]


@pytest.mark.parametrize("named", [{"kind": "meeting", "subject": "x"}, {"kind": "odd", "subject": "\x00"}])
async def test_what_is_not_given_up_is_not_there(
    technician: httpx.AsyncClient, named: dict[str, str]
) -> None:
    assert (await technician.post(f"{API}/wake", json=named)).status_code == 404


async def test_another_tenants_work_is_neither_shown_nor_woken(
    office: Office, technician: httpx.AsyncClient, provider: type[Fake]
) -> None:
    named = {"kind": "meeting", "subject": await given_up(office, provider, "far")}
    assert (await technician.get(API)).json()["parked"] == []
    assert (await technician.post(f"{API}/wake", json=named)).status_code == 404


async def test_the_last_comparison_with_the_provider_is_told(
    office: Office, technician: httpx.AsyncClient
) -> None:
    await office.house.reconciliation.run()
    (one,) = (await technician.get(API)).json()["comparisons"]
    assert (one["connection"], one["compared"], one["error"], one["lines"]) == ("Practice room", 0, "", [])
