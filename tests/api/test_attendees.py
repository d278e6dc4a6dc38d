"""Attendance over many classes: page by page, for a person, a class or a time, as far as one may see."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert

from app.db.tables import watches
from app.domain.actor import Constraint, Grant
from app.domain.caller import Caller
from app.domain.permissions import Scope
from app.main import create_app
from app.services.rosters import Correction
from app.settings import Settings
from tests.admin.conftest import BASE, SECRET, Office
from tests.conftest import Hands
from tests.services.conftest import draft
from tests.services.scheduling import INA, TEN, TOM, Scheduler

API = "/api/v1/roster"
DANA, UWE = "Dana@example.com", "uwe@example.com"


@pytest.fixture
async def office(database_url: str, clock: Hands) -> AsyncIterator[Office]:
    clock.now = TEN - timedelta(hours=2)
    app = create_app(Settings(database_url=database_url, secret_key=SECRET, public_url=BASE), clock)
    async with app.router.lifespan_context(app):
        yield Office(app, clock)


@pytest.fixture
async def caller(office: Office) -> Caller:
    made = await office.house.clients.add("lms")
    return await office.house.access.basic(made.client_id, made.client_secret, "127.0.0.1")


@pytest.fixture
async def ids(office: Office, caller: Caller) -> list[str]:
    """Three classes, each with Dana, the second with Uwe too; and one of which nothing is known."""
    taught, house = Scheduler(office.house, caller), office.house
    made = [
        str(await taught(24 * n, 1, INA if n < 2 else TOM, external_id=f"S{n}", title=f"Class {n}"))
        for n in range(4)
    ]
    for n, person in ((0, DANA), (1, DANA), (1, UWE), (2, DANA.upper())):
        await house.launches.launch(caller, f"S{n}", person, "c")
    return made


@pytest.fixture
async def viewer(office: Office) -> httpx.AsyncClient:
    return await office.machine(Scope.ILT_ROSTER_VIEW)


async def lines(http: httpx.AsyncClient, **asked: object) -> list[dict[str, Any]]:
    """Every line, asked for one by one."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        answer = await http.get(API, params={"limit": 1, **asked, **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next"]
        if cursor is None:
            return found


async def test_every_line_is_shown_once_by_class_and_address(
    viewer: httpx.AsyncClient, ids: list[str]
) -> None:
    found = await lines(viewer)
    assert [(one["external_id"], one["email"]) for one in found] == [
        ("S0", DANA),
        ("S1", DANA),
        ("S1", UWE),
        ("S2", DANA.upper()),
    ]
    assert found == (await viewer.get(API)).json()["items"]
    assert found[0]["session_id"] == ids[0]
    assert {"title", "attended", "reason", "minutes_present", "vendor", "is_partial"} <= found[0].keys()
    backwards = await lines(viewer, newest_first=True)
    assert [one["external_id"] for one in backwards] == ["S2", "S1", "S1", "S0"]


async def test_one_person_one_class_and_one_time_are_found(viewer: httpx.AsyncClient, ids: list[str]) -> None:
    day = timedelta(days=1)
    for asked, classes in (
        ({"person": "dana@EXAMPLE.com"}, ["S0", "S1", "S2"]),
        ({"person": UWE}, ["S1"]),
        ({"person": "nobody@example.com"}, []),
        ({"session_id": ids[1]}, ["S1", "S1"]),
        ({"session_id": ids[3]}, []),
        ({"since": (TEN + day).isoformat()}, ["S1", "S1", "S2"]),
        ({"until": (TEN + day).isoformat()}, ["S0"]),
        ({"person": UWE, "session_id": ids[0]}, []),
    ):
        assert [one["external_id"] for one in await lines(viewer, **asked)] == classes, asked


async def test_a_correction_counts_and_is_told_with_what_the_evidence_says(
    office: Office, viewer: httpx.AsyncClient, ids: list[str]
) -> None:
    boss = await office.commanding()
    for n, person in ((0, DANA), (3, "eva@example.com")):
        said = Correction(person, n == 3, "seen in the room")
        await office.house.rosters.mark(boss, UUID(ids[n]), said)
    found = {(one["external_id"], one["email"]): one for one in await lines(viewer)}
    dana = found["S0", DANA]
    assert (dana["attended"], dana["by"], bool(dana["evidence_says"])) == (False, "hand", True)
    eva = found["S3", "eva@example.com"]
    assert (eva["attended"], eva["evidence_says"]) == (True, None)


async def test_a_class_of_which_something_was_missed_says_so_here_and_on_its_roster(
    office: Office, viewer: httpx.AsyncClient, ids: list[str]
) -> None:
    path = f"/api/v1/sessions/{ids[1]}/roster"
    assert (await viewer.get(path)).json()["is_partial"] is False
    now = office.clock()
    seen = {"claimed_until": now, "seen_at": now, "partial": True, "source": "fake"}
    async with office.house.db.begin() as tx:
        await tx.execute(insert(watches).values(session_id=UUID(ids[1]), **seen))
    assert (await viewer.get(path)).json()["is_partial"] is True
    assert {one["external_id"] for one in await lines(viewer) if one["is_partial"]} == {"S1"}


async def test_a_narrowed_permission_and_another_tenant_see_no_more_than_they_may(
    office: Office, ids: list[str]
) -> None:
    reach = Constraint(instructors=frozenset({TOM}))
    await office.hire("tim@example.com", grants=(Grant(Scope.ILT_ROSTER_VIEW, reach),))
    tim = await office.sign_in("tim@example.com")
    assert [one["external_id"] for one in await lines(tim)] == ["S2"]
    assert await lines(tim, session_id=ids[0]) == []
    far = await office.machine(Scope.ILT_ROSTER_VIEW, tenant="far")
    assert await lines(far) == []
    assert await lines(far, session_id=ids[0]) == []


@pytest.mark.parametrize(
    "asked",
    [
        {"person": "nobody"},
        {"cursor": "x"},
        {"cursor": "WyJhIiwiYiIsImMiXQ"},
        {"since": "0001-01-01T00:00:00+14:00"},
    ],
)
async def test_what_cannot_be_asked_is_told(viewer: httpx.AsyncClient, asked: dict[str, str]) -> None:
    assert (await viewer.get(API, params=asked)).status_code == 400


async def test_a_class_with_many_people_is_shown_to_its_end(
    office: Office, caller: Caller, viewer: httpx.AsyncClient
) -> None:
    await office.house.sessions.create(caller, draft(external_id="Big"))
    for n in range(30):
        await office.house.launches.launch(caller, "Big", f"p{n:02}@example.com", "c")
    assert [one["email"] for one in await lines(viewer, limit=7)] == [
        f"p{n:02}@example.com" for n in range(30)
    ]
