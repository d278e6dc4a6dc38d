"""Connections, vendors, instructors, clients and the audit trail over the API, from install to class."""

from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.domain.permissions import Scope
from app.main import create_app
from app.settings import Settings
from app.simulators.lync import DEFAULT_PASSWORD, DEFAULT_USER, LyncSimulator, Options
from tests.admin.conftest import BASE, SECRET, Office
from tests.conftest import Hands

API = "/api/v1"


@pytest.fixture(scope="module")
def lync() -> Iterator[LyncSimulator]:
    with LyncSimulator(options=Options(seed=3, shortest_poll=0.3)) as simulator:
        yield simulator


@pytest.fixture
async def office(database_url: str, clock: Hands, lync: LyncSimulator) -> AsyncIterator[Office]:
    """A service that may reach servers on this machine and trusts the simulator's authority."""
    lync.reset()
    settings = Settings(
        database_url=database_url,
        secret_key=SECRET,
        public_url=BASE,
        allow_private_endpoints=True,
        provider_ca_file=str(lync.ca_path),
    )
    app = create_app(settings, clock)
    async with app.router.lifespan_context(app):
        yield Office(app, clock)


@pytest.fixture
async def admin(office: Office) -> httpx.AsyncClient:
    return await office.machine()


def preferences(lync: LyncSimulator, **changes: str) -> dict[str, str]:
    filled = {"username": DEFAULT_USER, "password": DEFAULT_PASSWORD, "api_endpoint": lync.discovery_url}
    return {**filled, **changes}


async def installed(admin: httpx.AsyncClient) -> str:
    made = await admin.post(f"{API}/connections", json={"provider": "lync"})
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == f"{API}/connections/{made.json()['id']}"
    return str(made.json()["id"])


async def activated(admin: httpx.AsyncClient, lync: LyncSimulator) -> dict[str, Any]:
    saved = await admin.put(f"{API}/connections/{await installed(admin)}/preferences", json=preferences(lync))
    assert saved.status_code == 200, saved.text
    return dict(saved.json())


async def test_from_preferences_to_a_class_on_that_connection(
    office: Office, admin: httpx.AsyncClient, lync: LyncSimulator
) -> None:
    lync.add_person("ina@contoso.example", "Ina Ruiz")
    done = await activated(admin, lync)
    connection, credential = done["connection"], done["credential"]
    assert (connection["state"], connection["health"]["ok"]) == ("active", True)
    (vendor,) = (await admin.get(f"{API}/vendors", params={"search": connection["name"]})).json()["items"]
    assert (vendor["id"], vendor["origin"], vendor["active"]) == (connection["vendor_id"], "connector", True)

    path = f"{API}/vendors/{vendor['id']}/instructors"
    ina = {"email": "ina@contoso.example", "first_name": "Ina", "last_name": "Ruiz"}
    assert (await admin.post(path, json=ina)).status_code == 201
    unknown = await admin.post(path, json={**ina, "email": "nobody@contoso.example"})
    assert (unknown.status_code, unknown.json()["type"]) == (502, "urn:vilt:problem:provider-refused")

    lms = office.browser()
    lms.auth = httpx.BasicAuth(credential["client_id"], credential["client_secret"])
    assert credential["base_url"] == BASE
    session = str(uuid4())
    wanted = {
        "CreatorEmail": "admin@example.com",
        "Title": "Fire safety",
        "Description": "Part 1",
        "DateBegin": "2030-05-14T15:00:00",
        "DateEnd": "2030-05-14T16:30:00",
        "TimeZone": {"UTCOffset": "-07:00"},
        "SessionId": session,
        "instructorEmails": "ina@contoso.example",
    }
    for _ in range(2):
        assert (await lms.post("/session", json=wanted)).json()["status"] == "Success"
    assert len([r for r in lync.requests() if _creates(r)]) == 1
    person = b64encode(b"dana@example.com").decode()
    launched = (await lms.get(f"/session/{session}/user/{person}/url")).json()
    assert launched["data"]["joinUrl"].startswith("https://")
    assert (await lms.get(f"/session/{session}/attendees")).status_code == 200
    assert (await lms.request("DELETE", f"/session/{session}")).json()["status"] == "Success"

    off = await admin.post(f"{API}/connections/{connection['id']}/deactivate")
    assert off.json()["state"] == "inactive"
    told = await lms.post("/session", json=wanted)
    assert (told.status_code, "deactivated" in told.json()["error"]["message"]) == (403, True)


def _creates(request: dict[str, Any]) -> bool:
    return request["method"] == "POST" and str(request["path"]).endswith("/myOnlineMeetings")


async def test_the_password_is_in_no_answer(admin: httpx.AsyncClient, lync: LyncSimulator) -> None:
    done = await activated(admin, lync)
    base = f"{API}/connections/{done['connection']['id']}"
    shown = await admin.get(f"{base}/preferences")
    assert (
        shown.json()["values"].items()
        >= {"username": DEFAULT_USER, "api_endpoint": lync.discovery_url}.items()
    )
    assert "password" not in shown.json()["values"]
    assert (shown.json()["secrets_stored"], shown.json()["title"]) == (["password"], "MS Lync Preferences")
    answers = [
        shown,
        await admin.get(base),
        await admin.get(f"{API}/connections"),
        await admin.get(f"{API}/audit"),
    ]
    assert not any(DEFAULT_PASSWORD in answer.text for answer in answers)
    assert "•••" in answers[-1].text or "password" not in answers[-1].text


async def test_a_wrong_password_names_the_step_and_keeps_what_works(
    admin: httpx.AsyncClient, lync: LyncSimulator
) -> None:
    done = await activated(admin, lync)
    path = f"{API}/connections/{done['connection']['id']}/preferences"
    told = await admin.put(path, json=preferences(lync, password="wrong:&+#%ü"))
    problem = told.json()
    assert (told.status_code, problem["type"]) == (422, "urn:vilt:problem:tried-and-failed")
    assert [step["ok"] for step in problem["steps"]] == [True, True, False]
    assert "wrong" not in told.text
    assert (await admin.post(f"{path}/test", json={})).json()["ok"] is True


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"username": "nodomain"}, "username"),
        ({"api_endpoint": "ftp://contoso.example"}, "api_endpoint"),
        ({"nonsense": "x"}, "nonsense"),
    ],
)
async def test_fields_that_cannot_be_so_are_named(
    admin: httpx.AsyncClient, lync: LyncSimulator, changes: dict[str, str], field: str
) -> None:
    path = f"{API}/connections/{await installed(admin)}/preferences"
    told = await admin.put(path, json=preferences(lync, **changes))
    assert told.status_code == 422
    assert [fault["pointer"] for fault in told.json()["errors"]] == [field]


async def test_an_endpoint_that_is_not_there_stores_nothing(
    admin: httpx.AsyncClient, lync: LyncSimulator
) -> None:
    connection = await installed(admin)
    path = f"{API}/connections/{connection}/preferences"
    told = await admin.put(path, json=preferences(lync, api_endpoint="https://127.0.0.1:9/"))
    assert told.status_code == 422, told.text
    seen = (await admin.get(f"{API}/connections/{connection}")).json()
    assert (seen["state"], seen["settings"], seen["secrets_stored"]) == ("installed", {}, [])


async def test_the_marketplace_speaks_to_buyers(admin: httpx.AsyncClient) -> None:
    offers = {one["key"]: one for one in (await admin.get(f"{API}/providers")).json()["items"]}
    assert {"lync", "sandbox"} <= offers.keys()
    assert offers["sandbox"]["installed"] == 1
    for offer in offers.values():
        assert offer["can"]
        assert offer["cannot"]
    assert [f["type"] for f in offers["lync"]["fields"] if f["name"] == "password"] == ["secret"]


async def test_edits_say_what_they_are_based_on(admin: httpx.AsyncClient) -> None:
    made = await admin.post(f"{API}/vendors", json={"name": "Acme"})
    path, tag = made.headers["Location"], made.headers["ETag"]
    assert (await admin.patch(path, json={"name": "B"})).status_code == 428
    assert (await admin.patch(path, json={"name": "B"}, headers={"If-Match": tag})).status_code == 200
    assert (await admin.patch(path, json={"name": "C"}, headers={"If-Match": tag})).status_code == 412
    connection = f"{API}/connections/{await installed(admin)}"
    first = (await admin.get(connection)).headers["ETag"]
    assert (await admin.patch(connection, json={"name": "X"}, headers={"If-Match": first})).json()[
        "name"
    ] == "X"
    for deed in ("activate", "deactivate"):
        assert (await admin.post(f"{connection}/{deed}", headers={"If-Match": first})).status_code == 412


async def test_a_create_repeated_under_its_key_is_one(admin: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "once"}
    first, second = [
        await admin.post(f"{API}/connections", json={"provider": "sandbox"}, headers=key) for _ in range(2)
    ]
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert len((await admin.get(f"{API}/connections")).json()["items"]) == 2


async def test_an_activation_repeated_under_its_key_shows_the_same_credential(
    admin: httpx.AsyncClient,
) -> None:
    made = (await admin.post(f"{API}/connections", json={"provider": "sandbox"})).json()
    path, key = f"{API}/connections/{made['id']}/activate", {"Idempotency-Key": "on"}
    first, second = [(await admin.post(path, headers=key)).json() for _ in range(2)]
    assert first == second
    assert first["credential"]["client_secret"]
    assert (await admin.post(path)).json()["credential"] is None


async def test_lists_turn_their_pages(admin: httpx.AsyncClient) -> None:
    for name in ("Delta", "Alpha", "Cairo"):
        await admin.post(f"{API}/vendors", json={"name": name})
    for path, field in ((f"{API}/vendors", "name"), (f"{API}/audit", "number"), (f"{API}/clients", "id")):
        whole = (await admin.get(path)).json()["items"]
        seen, cursor = [], None
        while True:
            asked = {"limit": 1, **({"cursor": cursor} if cursor else {})}
            page = (await admin.get(path, params=asked)).json()
            seen += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
        assert [one[field] for one in seen] == [one[field] for one in whole]


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WzFd", "WyJhIiwiYiJd", "WyJhXHUwMDAwIl0", "WyJhIiwgIngiLCAieSJd"]
)
@pytest.mark.parametrize("path", ["vendors", "connections", "clients", "audit"])
async def test_a_cursor_that_is_not_ours_is_told_or_harmless(
    admin: httpx.AsyncClient, path: str, cursor: str
) -> None:
    answer = await admin.get(f"{API}/{path}", params={"cursor": cursor})
    assert answer.status_code in (200, 400)


async def test_what_belongs_to_another_tenant_is_404(
    office: Office, admin: httpx.AsyncClient, lync: LyncSimulator
) -> None:
    done = await activated(admin, lync)
    foreigner = await office.machine(tenant="acme")
    connection, vendor = done["connection"]["id"], done["connection"]["vendor_id"]
    client, match = done["credential"]["client_id"], {"If-Match": '"1"'}
    ways = (
        ("GET", f"connections/{connection}", None),
        ("PATCH", f"connections/{connection}", {"name": "x"}),
        ("POST", f"connections/{connection}/test", None),
        ("POST", f"connections/{connection}/activate", None),
        ("POST", f"connections/{connection}/deactivate", None),
        ("GET", f"connections/{connection}/preferences", None),
        ("PUT", f"connections/{connection}/preferences", preferences(lync)),
        ("POST", f"connections/{connection}/preferences/test", preferences(lync)),
        ("GET", f"vendors/{vendor}", None),
        ("PATCH", f"vendors/{vendor}", {"name": "x"}),
        ("GET", f"vendors/{vendor}/instructors", None),
        (
            "POST",
            f"vendors/{vendor}/instructors",
            {"email": "a@x.example", "first_name": "A", "last_name": "B"},
        ),
        ("GET", f"clients/{client}", None),
        ("POST", f"clients/{client}/rotate", None),
        ("DELETE", f"clients/{client}", None),
        ("POST", "clients", {"name": "x", "connection_id": connection}),
    )
    for method, path, body in ways:
        answer = await foreigner.request(method, f"{API}/{path}", json=body, headers=match)
        assert (method, path, answer.status_code) == (method, path, 404)
    assert (await admin.get(f"{API}/connections/{connection}")).json()["state"] == "active"


async def test_a_connectors_vendor_is_switched_off_in_edge_integrate_only(admin: httpx.AsyncClient) -> None:
    (vendor,) = (await admin.get(f"{API}/vendors")).json()["items"]
    path = f"{API}/vendors/{vendor['id']}"
    told = await admin.patch(path, json={"active": False}, headers={"If-Match": '"1"'})
    assert (told.status_code, "Edge Integrate" in told.json()["detail"]) == (409, True)


async def test_an_instructor_is_added_once_renamed_and_switched_off(admin: httpx.AsyncClient) -> None:
    (vendor,) = (await admin.get(f"{API}/vendors")).json()["items"]
    path = f"{API}/vendors/{vendor['id']}/instructors"
    ina = {"email": "ina@x.example", "first_name": "Ina", "last_name": "Ruiz"}
    made = await admin.post(path, json=ina)
    assert made.json() == {"id": made.json()["id"], **ina, "active": True}
    assert (await admin.post(path, json={**ina, "email": "INA@x.example"})).status_code == 409
    edit = {"email": "ina.r@x.example", "active": False}
    changed = await admin.patch(
        made.headers["Location"], json=edit, headers={"If-Match": made.headers["ETag"]}
    )
    assert changed.json() == {**made.json(), **edit}
    assert (await admin.get(path, params={"search": "INA.R"})).json()["items"] == [changed.json()]


async def test_a_client_is_made_renewed_and_revoked(office: Office, admin: httpx.AsyncClient) -> None:
    (connection,) = (await admin.get(f"{API}/connections")).json()["items"]
    made = (await admin.post(f"{API}/clients", json={"name": "x", "connection_id": connection["id"]})).json()
    lms = office.browser()
    lms.auth = httpx.BasicAuth(made["client_id"], made["client_secret"])
    path, known = f"{API}/clients/{made['client_id']}", f"{API}/permissions"
    assert (await lms.get(known)).status_code == 200
    renewed = (await admin.post(f"{path}/rotate", json={"overlap_hours": 0})).json()
    assert (await lms.get(known)).status_code == 401
    lms.auth = httpx.BasicAuth(made["client_id"], renewed["client_secret"])
    assert (await lms.get(known)).status_code == 200
    assert (await admin.delete(path)).status_code == (await admin.delete(path)).status_code == 204
    assert (await lms.get(known)).status_code == 401
    assert (await admin.post(f"{path}/rotate")).status_code == 409
    assert (await admin.get(f"{API}/clients/%00")).status_code == 404
    listed = (await admin.get(path)).text
    assert made["client_secret"] not in listed
    actions = [
        one["action"]
        for one in (await admin.get(f"{API}/audit", params={"action": "client."})).json()["items"]
    ]
    assert actions == ["client.revoked", "client.renewed", "client.added"]


async def test_nobody_gives_away_what_they_do_not_hold(office: Office) -> None:
    some = await office.machine(Scope.API_CLIENTS_MANAGE, Scope.EDGE_INTEGRATIONS_MANAGE)
    (connection,) = (await some.get(f"{API}/connections")).json()["items"]
    wanted = {"name": "x", "connection_id": connection["id"], "scopes": ["users:manage"]}
    told = await some.post(f"{API}/clients", json=wanted)
    assert (told.status_code, "Users - Manage" in told.json()["detail"]) == (403, True)
    assert (
        await some.post(f"{API}/clients", json={**wanted, "scopes": ["vilt-session:launch"]})
    ).status_code == 201


async def test_the_trail_is_searched_by_who_what_and_when(admin: httpx.AsyncClient) -> None:
    await admin.post(f"{API}/vendors", json={"name": "Acme"})
    for asked, found in (
        ({"action": "vendor."}, 1),
        ({"by": "client:"}, 1),
        ({"subject": "vendor:"}, 1),
        ({"since": "2999-01-01T00:00:00Z"}, 0),
        ({"until": "2999-01-01T00:00:00"}, 1),
    ):
        assert len((await admin.get(f"{API}/audit", params=asked)).json()["items"]) == found, asked
    assert (await admin.get(f"{API}/audit", params={"by": "a\x00"})).status_code == 400
    assert (await admin.get(f"{API}/audit", params={"since": "0001-01-01T00:00:00+14:00"})).status_code == 400
