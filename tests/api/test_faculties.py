"""Instructors over the API: of vendors made by hand as of connectors, and over all vendors."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.domain.permissions import Scope
from app.main import create_app
from app.settings import Settings
from tests.admin.conftest import BASE, SECRET, Office
from tests.conftest import Hands

API = "/api/v1"
INA = {"email": "Ina@x.example", "first_name": "Ina", "last_name": "Ruiz"}


@pytest.fixture
async def office(database_url: str, clock: Hands) -> AsyncIterator[Office]:
    app = create_app(Settings(database_url=database_url, secret_key=SECRET, public_url=BASE), clock)
    async with app.router.lifespan_context(app):
        yield Office(app, clock)


@pytest.fixture
async def admin(office: Office) -> httpx.AsyncClient:
    return await office.machine(Scope.ILT_VENDORS_VIEW, Scope.ILT_VENDORS_CREATE, Scope.ILT_VENDORS_UPDATE)


async def by_hand(admin: httpx.AsyncClient, name: str = "Acme") -> str:
    """A vendor made by hand; the path of its instructors."""
    made = await admin.post(f"{API}/vendors", json={"name": name})
    assert made.json()["origin"] == "manual"
    return f"{made.headers['location']}/instructors"


async def test_a_vendor_made_by_hand_has_instructors_with_every_deed(admin: httpx.AsyncClient) -> None:
    path = await by_hand(admin)
    key = {"Idempotency-Key": "ina"}
    made = await admin.post(path, json=INA, headers=key)
    assert (made.status_code, made.json()) == (201, {**INA, "id": made.json()["id"], "active": True})
    assert (await admin.post(path, json=INA, headers=key)).json() == made.json()
    assert (await admin.post(path, json={**INA, "email": "INA@x.example"})).status_code == 409
    one, known = made.headers["location"], {"If-Match": made.headers["etag"]}
    renamed = await admin.patch(one, json={"email": "i.r@x.example"}, headers=known)
    assert renamed.json()["email"] == "i.r@x.example"
    assert (await admin.patch(one, json={"active": False}, headers=known)).status_code == 412
    off = await admin.patch(one, json={"active": False}, headers={"If-Match": renamed.headers["etag"]})
    assert off.json()["active"] is False
    assert (await admin.get(path)).json() == {"items": [off.json()], "next": None}
    assert (await admin.get(one)).json() == off.json()


async def test_over_all_vendors_people_are_found_page_by_page_with_their_vendor(
    office: Office, admin: httpx.AsyncClient
) -> None:
    (practice,) = (await admin.get(f"{API}/vendors")).json()["items"]
    paths = [
        await by_hand(admin),
        await by_hand(admin, "Best"),
        f"{API}/vendors/{practice['id']}/instructors",
    ]
    for path in paths:
        assert (await admin.post(path, json=INA)).status_code == 201
    bo = await admin.post(paths[0], json={**INA, "email": "bo@x.example", "last_name": "Li"})
    off = {"If-Match": bo.headers["etag"]}
    await admin.patch(bo.headers["location"], json={"active": False}, headers=off)
    seen, cursor = [], None
    while True:
        asked = {"limit": 1, **({"cursor": cursor} if cursor else {})}
        page = (await admin.get(f"{API}/instructors", params=asked)).json()
        seen += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert [(seen[0]["email"], seen[0]["vendor"])] == [("bo@x.example", "Acme")]
    assert {one["vendor"] for one in seen[1:]} == {"Acme", "Best", "Practice room"}
    assert len({one["id"] for one in seen}) == 4
    for asked, count in (({"search": "li"}, 1), ({"active": "true"}, 3), ({"search": "%"}, 0)):
        assert len((await admin.get(f"{API}/instructors", params=asked)).json()["items"]) == count
    for one in seen:
        there = await admin.get(f"{API}/vendors/{one['vendor_id']}/instructors/{one['id']}")
        assert there.json()["email"] == one["email"]
    foreigner = await office.machine(Scope.ILT_VENDORS_VIEW, tenant="acme")
    assert (await foreigner.get(f"{API}/instructors")).json()["items"] == []


async def test_a_csv_file_is_understood_and_its_rows_brought_in_with_a_report_for_each(
    admin: httpx.AsyncClient,
) -> None:
    path = await by_hand(admin)
    people = "E-mail;First name;Last name;Active\r\nzoe@x.example;Zoë;Müller;\r\neve@x.example;=cmd;B;\r\n"
    csv = {"Content-Type": "text/csv"}
    seen = (await admin.post(f"{path}/preview", content=people.encode("cp1252"), headers=csv)).json()
    assert (seen["rows"][0]["first_name"], seen["rows"][0]["number"], seen["in_one_go"]) == ("Zoë", 2, 500)
    assert [(row["number"], "formula" in row["why"]) for row in seen["wrong"]] == [(3, True)]
    assert (await admin.get(path)).json()["items"] == []
    rows = [*seen["rows"], {"number": 9, "email": "x", "first_name": "A", "last_name": "B"}]
    for outcome in ("added", "already so"):
        done = (await admin.post(f"{path}/import", json={"rows": rows})).json()["items"]
        assert [(one["number"], one["outcome"]) for one in done] == [(2, outcome), (9, "not imported")]
    assert done[1]["why"] == "The e-mail address is not one."
    (zoe,) = (await admin.get(path)).json()["items"]
    assert (zoe["email"], zoe["active"]) == ("zoe@x.example", True)


async def test_a_list_that_is_none_or_too_long_is_told(admin: httpx.AsyncClient) -> None:
    path, csv = await by_hand(admin), {"Content-Type": "text/csv"}
    for content in (b"", b"PK\x03\x04\x00zip", b"a,b\n1,2\n"):
        told = await admin.post(f"{path}/preview", content=content, headers=csv)
        assert told.status_code in (400, 422), told.text
    row = {"number": 1, "email": "a@x.example", "first_name": "A", "last_name": "B"}
    assert (await admin.post(f"{path}/import", json={"rows": [row] * 501})).status_code == 422
    assert (await admin.get(path)).json()["items"] == []


@pytest.mark.parametrize("cursor", ["x", "W10", "WzFd", "WyJhIiwiYiJd", "WyJhIl0"])
async def test_a_cursor_of_another_list_is_refused(admin: httpx.AsyncClient, cursor: str) -> None:
    assert (await admin.get(f"{API}/instructors", params={"cursor": cursor})).status_code == 400
