"""Joins and leaves uploaded on the roster's page: offered where taken, and what was read is told."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.domain.attendance import Policy, Rule
from app.main import create_app
from app.services.stories import Wanted
from app.settings import Settings
from tests.admin.conftest import BASE, SECRET, Office, form_token
from tests.conftest import Hands
from tests.providers.fakes import Fake, fake_provider, filing
from tests.services.conftest import draft

ADA = "ada@example.com"
FILE = (
    "ConferenceUri;UserUri;UserJoinTime;UserLeaveTime\n"
    "m1;uwe@example.com;2030-05-14 15:00:00;2030-05-14 16:30:00\n"
    "m9;eva@example.com;2030-05-14 15:00:00;2030-05-14 16:30:00\n"
    "m1;max@example.com;<b>soon</b>;\n"
)


@pytest.fixture
def provider() -> type[Fake]:
    return filing(fake_provider(), Policy(Rule.PRESENT))


@pytest.fixture
async def office(sqlite_url: str, clock: Hands, provider: type[Fake]) -> AsyncIterator[Office]:
    settings = Settings(database_url=sqlite_url, secret_key=SECRET, public_url=BASE)
    app = create_app(settings, clock, {"sandbox": provider})
    async with app.router.lifespan_context(app):
        office = Office(app, clock)
        await office.hire(ADA, "system-administrator")
        yield office


@pytest.fixture
async def path(office: Office) -> str:
    client = await office.house.clients.add("lms")
    caller = await office.house.access.basic(client.client_id, client.client_secret, "127.0.0.1")
    await office.house.sessions.create(caller, draft(external_id="S1"))
    found = await office.house.stories.page(await office.commanding(), Wanted(), None, 2)
    return f"/admin/sessions/{found[0].session.id}/roster"


async def _upload(ada: httpx.AsyncClient, path: str, content: str) -> httpx.Response:
    files = {"list": ("stays.csv", content.encode(), "text/csv")}
    return await ada.post(f"{path}/file", data={"form_token": await form_token(ada)}, files=files)


async def test_a_file_is_brought_in_and_what_was_read_of_it_is_told(office: Office, path: str) -> None:
    ada = await office.sign_in(ADA)
    assert f'{path.removeprefix("/")}/file"' in (await ada.get(path)).text
    told = await _upload(ada, path, FILE)
    assert told.status_code == 200
    assert "1 stay in this class read" in told.text
    assert "of other meetings: 1<" in told.text
    assert "Line 4: the time of joining cannot be read" in told.text
    shown = (await ada.get(path)).text
    assert "uwe@example.com" in shown
    assert "eva@example.com" not in shown


async def test_an_empty_file_is_refused_on_the_page_itself(office: Office, path: str) -> None:
    refused = await _upload(await office.sign_in(ADA), path, "")
    assert refused.status_code == 400
    assert "This is not a CSV file of joins and leaves." in refused.text


async def test_where_no_file_is_taken_none_is_asked_for(
    office: Office, path: str, provider: type[Fake]
) -> None:
    provider.takes_attendance_files = False  # type: ignore[method-assign, assignment]
    ada = await office.sign_in(ADA)
    assert "Import joins and leaves" not in (await ada.get(path)).text
    assert (await _upload(ada, path, FILE)).status_code == 409
