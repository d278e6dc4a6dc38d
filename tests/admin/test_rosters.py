"""Rosters and privacy as pages and as API: who is told what, tables without formulas, two at once."""

import csv
import io
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert

from app.db.tables import watches
from app.domain.attendance import Policy, Rule
from app.domain.caller import Caller
from app.domain.permissions import Scope
from app.providers.base import PresenceRow
from tests.admin.conftest import ADA, Office, post
from tests.providers.fakes import Fake, fake_provider, reporting
from tests.services.conftest import draft

DANA = "dana@example.com"


@pytest.fixture
def provider() -> type[Fake]:
    """The practice room's place is taken by a vendor that reports."""
    return reporting(fake_provider(), Policy(Rule.LAUNCHED))


@pytest.fixture
def catalogue(provider: type[Fake]) -> dict[str, type[Fake]]:
    return {"sandbox": provider}


@pytest.fixture
def staff() -> tuple[str, ...]:
    return (ADA,)


@pytest.fixture
async def path(office: Office, lms: Caller, class_page: str) -> str:
    """The page of a class that Dana has launched into, and somebody with a formula for a name."""
    for person in (DANA, "=cmd|'/C'!a0@example.com"):
        await office.house.launches.launch(lms, "S1", person, "c")
    return class_page


async def test_a_class_of_which_something_was_missed_is_marked(
    office: Office, ada: httpx.AsyncClient, path: str
) -> None:
    assert "Partial:" not in (await ada.get(f"{path}/roster")).text
    async with office.house.db.begin() as tx:
        now = office.clock()
        seen = {"claimed_until": now, "seen_at": now, "partial": True, "source": "fake"}
        row = {"session_id": UUID(path.rsplit("/", 1)[1]), **seen}
        await tx.execute(insert(watches).values(row))
    assert "Partial:" in (await ada.get(f"{path}/roster")).text


async def test_update_roster_says_what_came_of_it(
    ada: httpx.AsyncClient, path: str, provider: type[Fake]
) -> None:
    begins = draft().starts_at
    provider.vendor.report = [PresenceRow("uwe@example.com", begins, draft().ends_at, "1")]
    assert (await post(ada, f"{path}/roster/update")).status_code == 303
    shown = (await ada.get(f"{path}/roster")).text
    assert "The provider told of 1 stay. The report is final." in shown
    assert "uwe@example.com" in shown


async def test_the_table_opens_in_spreadsheets_and_runs_nothing(ada: httpx.AsyncClient, path: str) -> None:
    answer = await ada.get(f"{path}/roster.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="roster-S1.csv"'
    assert answer.text.startswith("\ufeff")
    lines = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {line[0] for line in lines[1:]} == {DANA, "'=cmd|'/C'!a0@example.com"}


async def test_the_second_who_corrects_sees_why_and_keeps_what_was_typed(
    ada: httpx.AsyncClient, path: str
) -> None:
    fields = {"email": DANA, "attended": "no", "reason": "went home", "revision": 0}
    assert (await post(ada, f"{path}/roster/correct", **fields)).status_code == 303
    second = await post(ada, f"{path}/roster/correct", **{**fields, "reason": "stayed after all"})
    assert second.status_code == 409
    assert "Somebody else changed this" in second.text
    assert "stayed after all" in second.text


@pytest.mark.parametrize("query", ["show=odd", "connection=1", "from=yesterday", "after=x", "q=%00"])
async def test_a_search_that_no_form_offers_is_refused(ada: httpx.AsyncClient, path: str, query: str) -> None:
    assert (await ada.get(f"/admin/sessions?{query}")).status_code == 400


async def test_the_api_corrects_with_if_match(office: Office, path: str) -> None:
    scopes = (Scope.ILT_SESSIONS_VIEW, Scope.ILT_ROSTER_VIEW, Scope.ILT_ROSTER_MANAGE)
    client = await office.house.clients.add("bi", scopes=scopes)
    http = office.browser()
    http.auth = httpx.BasicAuth(client.client_id, client.client_secret)
    api = path.replace("/admin", "/api/v1")
    found = (await http.get("/api/v1/sessions", params={"search": "fire", "limit": 1})).json()
    assert found["items"][0]["external_id"] == "S1"
    assert found["next"] is None
    story = (await http.get(api)).json()
    assert story["meeting"]["settled"] is True
    assert {one["kind"] for one in (await http.get(f"{api}/events")).json()["items"]} == {"request", "call"}
    launches = (await http.get(f"{api}/launches", params={"limit": 1})).json()
    rest = (await http.get(f"{api}/launches", params={"cursor": launches["next"]})).json()
    assert len(launches["items"] + rest["items"]) == 2
    roster = await http.get(f"{api}/roster")
    said = {"email": DANA, "attended": False, "reason": "went home"}
    assert (await http.post(f"{api}/roster/corrections", json=said)).status_code == 428
    tag = {"If-Match": roster.headers["etag"]}
    done = await http.post(f"{api}/roster/corrections", json=said, headers=tag)
    line = next(one for one in done.json()["items"] if one["email"] == DANA)
    assert (line["attended"], line["by"], line["evidence_says"]) == (False, "hand", "launched")
    assert (await http.post(f"{api}/roster/corrections", json=said, headers=tag)).status_code == 412
    tag = {"If-Match": done.headers["etag"]}
    gone = await http.delete(f"{api}/roster/corrections", params={"email": DANA}, headers=tag)
    assert all(one["by"] == "evidence" for one in gone.json()["items"])


async def test_the_api_of_privacy_decides_exports_and_erases(office: Office, path: str) -> None:
    client = await office.house.clients.add("dpo", scopes=(Scope.USERS_MANAGE,))
    http = office.browser()
    http.auth = httpx.BasicAuth(client.client_id, client.client_secret)
    tag = {"If-Match": (await http.get("/api/v1/privacy/periods")).headers["etag"]}
    done = await http.put("/api/v1/privacy/periods", json={"class_days": 90}, headers=tag)
    assert done.json() == {"class_days": 90, "login_days": None, "audit_days": None, "applied_at": None}
    assert (await http.put("/api/v1/privacy/periods", json={}, headers=tag)).status_code == 412
    found = (await http.post("/api/v1/privacy/export", json={"email": DANA})).json()
    assert found["tables"]["launches"][0]["email"] == DANA
    erased = (await http.post("/api/v1/privacy/erase", json={"email": DANA})).json()
    assert erased["rows"]["launches"] == 1
    assert (await http.post("/api/v1/privacy/export", json={"email": DANA})).status_code == 404
    assert (await http.post("/api/v1/privacy/apply")).json() == {"people": 0, "logins": 0, "deeds": 0}


async def test_an_erasure_needs_the_address_twice(ada: httpx.AsyncClient, path: str) -> None:
    shown = await post(ada, "/admin/privacy/erase", email=DANA, again="other@example.com")
    assert shown.status_code == 400
    assert "Type the address once more" in shown.text
    own = await post(ada, "/admin/privacy/erase", email=ADA, again=ADA)
    assert own.status_code == 403
    assert "Nobody erases themselves" in own.text
