"""The schedule over the API: calendars, clashes, free times over zones, a change of instructor, the feed."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import vobject

from app.domain.permissions import Scope
from app.main import create_app
from app.settings import Settings
from tests.admin.conftest import BASE, SECRET, Office, form_token
from tests.conftest import Hands
from tests.services.scheduling import INA, TEN, TOM, Scheduler, hire

API = "/api/v1/schedule"
DAY = {
    "since": (TEN - timedelta(days=1)).isoformat(),
    "until": (TEN + timedelta(days=1)).isoformat(),
}


@pytest.fixture
async def office(database_url: str, clock: Hands) -> AsyncIterator[Office]:
    clock.now = TEN - timedelta(hours=2)
    app = create_app(Settings(database_url=database_url, secret_key=SECRET, public_url=BASE), clock)
    async with app.router.lifespan_context(app):
        yield Office(app, clock)


@pytest.fixture
async def taught(office: Office) -> Scheduler:
    made = await office.house.clients.add("lms")
    caller = await office.house.access.basic(made.client_id, made.client_secret, "127.0.0.1")
    await hire(office.house, caller, INA, TOM)
    return Scheduler(office.house, caller)


@pytest.fixture
async def planner(office: Office) -> httpx.AsyncClient:
    return await office.machine(Scope.ILT_SESSIONS_VIEW, Scope.ILT_SESSIONS_CREATE)


async def ina(office: Office) -> httpx.AsyncClient:
    """Ina's browser, as the scripts of its pages use it."""
    await office.hire(INA, "instructor")
    browser = await office.sign_in(INA)
    browser.headers["X-CSRF-Token"] = await form_token(browser)
    return browser


def begins(found: list[dict[str, Any]]) -> list[str]:
    return [one["starts_at"] for one in found]


async def test_a_window_shows_an_instructors_classes_and_where_two_clash(
    taught: Scheduler, planner: httpx.AsyncClient
) -> None:
    first = await taught(0, 2, INA, title="One")
    second = await taught(1, 2, INA, title="Two")
    await taught(0, 1, TOM)
    await taught(100, 1, INA)
    found = (await planner.get(API, params={**DAY, "instructor": INA.upper()})).json()
    assert [one["session_id"] for one in found["appointments"]] == [str(first), str(second)]
    assert [one["assigned"] for one in found["appointments"]] == [True, True]
    (clash,) = found["conflicts"]
    assert (clash["first"]["title"], clash["second"]["title"]) == ("One", "Two")
    assert (clash["starts_at"], clash["ends_at"]) == ("2030-05-14T11:00:00Z", "2030-05-14T12:00:00Z")


async def test_a_person_sees_the_own_calendar_and_nothing_of_others(
    office: Office, taught: Scheduler
) -> None:
    own, toms = await taught(0, 1, INA), await taught(0, 1, TOM)
    browser = await ina(office)
    found = (await browser.get(API, params=DAY)).json()
    assert [one["session_id"] for one in found["appointments"]] == [str(own)]
    assert (await browser.get(API, params={**DAY, "instructor": TOM})).json()["appointments"] == []
    lesson = (await browser.get(f"{API}/{own}")).json()
    assert (lesson["presents"], lesson["presenters"]) == (True, [{"email": INA, "name": "Ina Ruiz"}])
    for hidden in (toms, uuid4()):
        assert (await browser.get(f"{API}/{hidden}")).status_code == 404
    question = {"participants": [{"instructor": TOM}]}
    assert (await browser.post(f"{API}/free", json=question)).status_code == 403


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"since": DAY["since"]}, 422),
        ({"since": "2030-05-14T10:00:00", "until": DAY["until"]}, 422),
        ({"since": DAY["until"], "until": DAY["since"]}, 400),
        ({"since": "2030-01-01T00:00:00Z", "until": "2032-01-01T00:00:00Z"}, 400),
        ({"since": "0001-01-01T00:00:00+14:00", "until": DAY["until"]}, 400),
        ({**DAY, "instructor": "nobody"}, 400),
        (DAY, 400),  # a machine has no calendar of its own
    ],
)
async def test_a_window_that_cannot_be_is_told(
    planner: httpx.AsyncClient, asked: dict[str, str], status: int
) -> None:
    answer = await planner.get(API, params=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_free_times_are_within_everybodys_hours_by_their_own_clocks(
    taught: Scheduler, planner: httpx.AsyncClient
) -> None:
    """Berlin works from 7:00 to 15:00 UTC on that day, New York from 13:00: two hours are common."""
    await taught(3, 0.5, INA)
    question = {
        "participants": [
            {"instructor": INA, "zone": "Europe/Berlin"},
            {"instructor": TOM, "zone": "America/New_York"},
        ],
        "minutes": 45,
        "after": TEN.isoformat(),
        "count": 3,
    }
    found = (await planner.post(f"{API}/free", json=question)).json()["slots"]
    assert begins(found) == ["2030-05-14T13:30:00Z", "2030-05-14T14:15:00Z", "2030-05-15T13:00:00Z"]
    assert found[0]["ends_at"] == "2030-05-14T14:15:00Z"


async def test_free_times_keep_to_the_wall_clock_when_clocks_change(
    office: Office, taught: Scheduler, planner: httpx.AsyncClient
) -> None:
    """In Berlin nine o'clock is 8:00 UTC before the last Sunday of March 2031, and 7:00 after it."""
    office.clock.now = TEN.replace(year=2031, month=3, day=28, hour=18)
    question = {
        "participants": [{"instructor": INA, "zone": "Europe/Berlin", "days": [5, 6, 0]}],
        "count": 50,
    }
    found = (await planner.post(f"{API}/free", json=question)).json()["slots"]
    first_of = {at[:10]: at[11:16] for at in reversed(begins(found))}
    assert [first_of[f"2031-03-{day}"] for day in (29, 30, 31)] == ["08:00", "07:00", "07:00"]


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ({"participants": []}, 400),
        ({"participants": [{"instructor": INA, "zone": "Mars/Olympus"}]}, 400),
        ({"participants": [{"instructor": INA, "days": [7]}]}, 422),
        ({"participants": [{"instructor": INA}], "minutes": 1}, 422),
        ({"participants": [{"instructor": INA}], "after": "2030-05-14T10:00:00"}, 422),
        ({"participants": [{"instructor": f"p{n}@x.example"} for n in range(21)]}, 400),
    ],
)
async def test_a_question_for_free_times_that_cannot_be_is_told(
    planner: httpx.AsyncClient, question: dict[str, Any], status: int
) -> None:
    assert (await planner.post(f"{API}/free", json=question)).status_code == status


async def test_an_instructor_is_changed_in_place_by_whoever_saw_the_present_state(
    taught: Scheduler, planner: httpx.AsyncClient
) -> None:
    session_id = await taught(3, 1, INA)
    path, wanted = f"{API}/{session_id}/instructor", {"old": INA, "new": TOM}
    seen = await planner.get(f"{API}/{session_id}")
    assert (await planner.put(path, json=wanted)).status_code == 428
    tag = {"If-Match": seen.headers["etag"]}
    done = await planner.put(path, json=wanted, headers=tag)
    assert (done.json()["presenter"]["email"], done.json()["trouble"]) == (TOM, "")
    assert (await planner.put(path, json={"old": TOM, "new": INA}, headers=tag)).status_code == 412
    lesson = await planner.get(f"{API}/{session_id}")
    assert [one["email"] for one in lesson.json()["presenters"]] == [TOM]
    assert lesson.headers["etag"] == done.headers["etag"]


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [(INA, INA, 400), (TOM, INA, 409), (INA, "nobody@example.com", 409)],
)
async def test_a_change_of_instructor_that_cannot_be_is_told(
    taught: Scheduler, planner: httpx.AsyncClient, old: str, new: str, status: int
) -> None:
    session_id = await taught(3, 1, INA)
    tag = {"If-Match": (await planner.get(f"{API}/{session_id}")).headers["etag"]}
    answer = await planner.put(f"{API}/{session_id}/instructor", json={"old": old, "new": new}, headers=tag)
    assert answer.status_code == status, answer.text


async def test_whoever_may_only_look_changes_nobody(office: Office, taught: Scheduler) -> None:
    session_id = await taught(3, 1, INA)
    looking = await office.machine(Scope.ILT_SESSIONS_VIEW)
    path = f"{API}/{session_id}/instructor"
    answer = await looking.put(path, json={"old": INA, "new": TOM}, headers={"If-Match": '"1"'})
    assert (answer.status_code, "Sessions - Create" in answer.json()["detail"]) == (403, True)


async def test_a_person_opens_the_own_class_and_a_machine_none(
    office: Office, taught: Scheduler, planner: httpx.AsyncClient
) -> None:
    path = f"{API}/{await taught(3, 1, INA)}/launch"
    opened = await (await ina(office)).post(path)
    assert opened.json()["join_url"].startswith(f"{BASE}/join/")
    assert (await planner.post(path)).status_code == 400


async def test_the_calendar_address_is_shown_once_read_by_others_and_revoked(
    office: Office, taught: Scheduler
) -> None:
    session_id = await taught(3, 1, INA, title="Fire safety")
    browser = await ina(office)
    key = {"Idempotency-Key": "feed"}
    made = await browser.post(f"{API}/feed", headers=key)
    assert made.status_code == 201
    assert (await browser.post(f"{API}/feed", headers=key)).json() == made.json(), "repeated, not made anew"
    path = httpx.URL(made.json()["url"]).path
    (event,) = vobject.readOne((await office.browser().get(path)).text).contents["vevent"]
    assert (event.summary.value, str(session_id) in event.uid.value) == ("Fire safety", True)
    anew = httpx.URL((await browser.post(f"{API}/feed")).json()["url"]).path
    assert (await office.browser().get(path)).status_code == 404
    assert (await office.browser().get(anew)).status_code == 200
    assert [(await browser.delete(f"{API}/feed")).status_code for _ in range(2)] == [204, 204]
    assert (await office.browser().get(anew)).status_code == 404


async def test_a_machine_gets_no_calendar_address_and_another_sites_script_neither(
    office: Office, planner: httpx.AsyncClient
) -> None:
    assert (await planner.post(f"{API}/feed")).status_code == 400
    browser = await ina(office)
    del browser.headers["X-CSRF-Token"]
    assert (await browser.post(f"{API}/feed")).status_code == 403
