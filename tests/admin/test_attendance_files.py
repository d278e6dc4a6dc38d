"""Joins and leaves uploaded on the roster's page: offered where taken, and what was read is told."""

import httpx
import pytest

from app.domain.attendance import Policy, Rule
from tests.admin.conftest import ADA, Office, form_token
from tests.providers.fakes import Fake, fake_provider, filing

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
def catalogue(provider: type[Fake]) -> dict[str, type[Fake]]:
    return {"sandbox": provider}


@pytest.fixture
def staff() -> tuple[str, ...]:
    return (ADA,)


@pytest.fixture
def path(class_page: str) -> str:
    return f"{class_page}/roster"


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
