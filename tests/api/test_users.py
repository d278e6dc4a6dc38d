"""Users over the API: invited once, switched off, given roles and permissions that can be narrowed."""

import httpx
import pytest

from app.domain.permissions import Scope
from tests.admin.conftest import PASSWORD, Office

API = "/api/v1/users"
BEN = {"email": "Ben@example.com", "name": "Ben", "roles": ["auditor"]}


@pytest.fixture
async def boss(office: Office) -> httpx.AsyncClient:
    return await office.machine()


async def invited(boss: httpx.AsyncClient, **changes: object) -> str:
    """Somebody new; the path of the user."""
    made = await boss.post(API, json={**BEN, **changes})
    assert made.status_code == 201, made.text
    return made.headers["location"]


async def tag(boss: httpx.AsyncClient, path: str) -> dict[str, str]:
    return {"If-Match": (await boss.get(path)).headers["etag"]}


async def test_somebody_is_invited_once_and_comes_in_by_the_link(
    office: Office, boss: httpx.AsyncClient
) -> None:
    key = {"Idempotency-Key": "ben"}
    made = await boss.post(API, json=BEN, headers=key)
    assert (await boss.post(API, json=BEN, headers=key)).json() == made.json()
    assert (await boss.post(API, json={**BEN, "email": "BEN@example.com"})).status_code == 409
    link = httpx.URL(made.json()["link"]).params["link"]
    fields = {"link": link, "password": PASSWORD, "again": PASSWORD}
    assert (await office.browser().post("/admin/welcome", data=fields)).status_code == 303
    assert (await (await office.sign_in("ben@example.com")).get("/admin/audit")).status_code == 200
    seen = await boss.get(made.headers["location"])
    assert (seen.json()["name"], seen.json()["active"], seen.json()["invited_until"]) == ("Ben", True, None)
    assert [line["role"] for line in seen.json()["grants"]] == ["auditor"]
    assert "password" not in seen.text
    assert "link" not in seen.json()


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"email": "nobody"}, 400),
        ({"roles": []}, 422),
        ({"roles": ["emperor"]}, 400),
        ({"name": "a\x00b"}, 400),
        ({"name": "x" * 201}, 400),
    ],
)
async def test_whom_nobody_can_invite_is_told(
    boss: httpx.AsyncClient, changes: dict[str, object], status: int
) -> None:
    assert (await boss.post(API, json={**BEN, **changes})).status_code == status


async def test_users_are_listed_page_by_page_and_found_by_a_part(
    office: Office, boss: httpx.AsyncClient
) -> None:
    for name in ("cleo", "ada", "ben"):
        await invited(boss, email=f"{name}@example.com", name=name.title())
    await office.hire("far@example.com", "auditor", tenant="far")
    seen, cursor = [], None
    while True:
        page = (await boss.get(API, params={"limit": 1, **({"cursor": cursor} if cursor else {})})).json()
        seen += [one["email"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["ada@example.com", "ben@example.com", "cleo@example.com"]
    found = (await boss.get(API, params={"search": "CLEO"})).json()["items"]
    assert [one["name"] for one in found] == ["Cleo"]
    assert (await boss.get(API, params={"search": "a\x00"})).status_code == 400


async def test_whoever_is_switched_off_is_out_at_once_and_comes_back_with_everything(
    office: Office, boss: httpx.AsyncClient
) -> None:
    await office.hire("ben@example.com", "auditor")
    browser = await office.sign_in("ben@example.com")
    path = f"{API}/{(await boss.get(API)).json()['items'][0]['id']}"
    known = await tag(boss, path)
    assert (await boss.patch(path, json={"active": False})).status_code == 428
    off = await boss.patch(path, json={"active": False, "name": "Benjamin"}, headers=known)
    assert (off.json()["active"], off.json()["name"]) == (False, "Benjamin")
    assert (await boss.patch(path, json={"active": True}, headers=known)).status_code == 412
    assert (await browser.get("/admin/")).status_code == 303
    known = {"If-Match": off.headers["etag"]}
    assert (await boss.post(f"{path}/reset", headers=known)).status_code == 409
    on = await boss.patch(path, json={"active": True}, headers=known)
    assert on.json()["grants"] == off.json()["grants"]
    assert (await (await office.sign_in("ben@example.com")).get("/admin/audit")).status_code == 200
    trail = (await boss.get("/api/v1/audit", params={"action": "user."})).json()["items"]
    assert [one["action"] for one in trail] == [
        "user.activated",
        "user.deactivated",
        "user.renamed",
        "user.invited",
    ]


async def test_a_new_link_ends_the_present_password(office: Office, boss: httpx.AsyncClient) -> None:
    await office.hire("ben@example.com", "auditor")
    path = f"{API}/{(await boss.get(API)).json()['items'][0]['id']}"
    made = await boss.post(f"{path}/reset", headers=await tag(boss, path))
    assert made.json()["link"].startswith("https://bridge.example.com/admin/welcome?link=")
    fields = {"email": "ben@example.com", "password": PASSWORD}
    assert (await office.browser().post("/admin/login", data=fields)).status_code != 303


async def test_roles_and_narrowed_permissions_are_given_and_taken_back(
    office: Office, boss: httpx.AsyncClient
) -> None:
    path = await invited(boss)
    office.clock.move(seconds=1)
    given = await boss.post(
        f"{path}/roles", json={"role": "training-administrator"}, headers=await tag(boss, path)
    )
    assert given.status_code == 201
    vendor = (await boss.get("/api/v1/vendors")).json()["items"][0]["id"]
    reach = {"instructors": ["Ina@example.com"], "vendors": [vendor], "own_vendors": True}
    wanted = {"scope": "ilt-roster:view", "constraint": reach}
    office.clock.move(seconds=1)
    narrowed = await boss.post(f"{path}/grants", json=wanted, headers={"If-Match": given.headers["etag"]})
    line = narrowed.json()["grants"][-1]
    assert (line["scope"], line["role"]) == ("ilt-roster:view", None)
    assert line["constraint"] == {**reach, "instructors": ["ina@example.com"], "own_classes": False}
    known = {"If-Match": narrowed.headers["etag"]}
    assert (await boss.post(f"{path}/grants", json=wanted, headers=known)).status_code == 409
    for one in narrowed.json()["grants"][1:]:
        gone = await boss.delete(f"{path}/grants/{one['id']}", headers=await tag(boss, path))
        assert gone.status_code == 200
    assert [one["role"] for one in gone.json()["grants"]] == ["auditor"]
    again = await boss.delete(f"{path}/grants/{one['id']}", headers=await tag(boss, path))
    assert again.status_code == 404


@pytest.mark.parametrize(
    ("where", "body", "said"),
    [
        ("roles", {"role": "emperor"}, "no role"),
        ("grants", {"scope": "vilt-session:create"}, "for the LMS's credential"),
        ("grants", {"scope": "audit:view", "constraint": {"own_classes": True}}, "cannot be constrained"),
        ("grants", {"scope": "ilt-roster:view", "constraint": {}}, "is empty"),
        ("grants", {"scope": "ilt-roster:view", "constraint": {"instructors": ["x"]}}, "e-mail address"),
    ],
)
async def test_what_cannot_be_given_is_told(
    boss: httpx.AsyncClient, where: str, body: dict[str, object], said: str
) -> None:
    path = await invited(boss)
    told = await boss.post(f"{path}/{where}", json=body, headers=await tag(boss, path))
    assert (told.status_code, said in told.json()["detail"]) == (400, True), told.text


async def test_nobody_gives_more_than_they_have_and_nobody_changes_their_own_rights(office: Office) -> None:
    some = await office.machine(Scope.USERS_MANAGE, Scope.AUDIT_VIEW)
    refused = await some.post(API, json=BEN)
    assert (refused.status_code, "ILT Vendors - View" in refused.json()["detail"]) == (403, True)
    await office.hire("ada@example.com", "system-administrator")
    ada = (await some.get(API)).json()["items"][0]
    path = f"{API}/{ada['id']}"
    told = await some.patch(path, json={"active": False}, headers=await tag(some, path))
    assert told.status_code == 403
