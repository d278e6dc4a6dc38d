"""The catalogue over the API, and how the API knows and refuses."""

import httpx

from app.domain.permissions import CONTRACT_SCOPES, Scope
from tests.admin.conftest import SAME, Office, form_token

ADA = "ada@example.com"
HERE = "/api/v1/permissions"


async def _client(office: Office, *scopes: str) -> tuple[str, str]:
    made = await office.house.clients.add("machine", scopes=scopes or CONTRACT_SCOPES)
    return made.client_id, made.client_secret


def _held(answer: httpx.Response) -> set[str]:
    return {entry["scope"] for entry in answer.json()["permissions"] if entry["held"]}


async def test_the_catalogue_is_told_word_for_word(office: Office) -> None:
    answer = await office.browser().get(HERE, auth=await _client(office))
    by_name = {entry["name"]: entry for entry in answer.json()["permissions"]}
    assert by_name["ILT Vendors - Update"]["needs"] == "ilt-vendors:view"
    assert by_name["Edge Integrations - Manage"]["constrainable"] is False
    assert by_name["MS Lync Portal Preferences - Manage"]["category"] == "Learning - Administration"
    assert by_name["Roster - Manage"]["constrainable_by"] == [
        "Instructor",
        "User as Instructor",
        "ILT Provider",
        "User's ILT Provider",
    ]
    assert len(by_name) == len(Scope)


async def test_a_machine_and_a_person_are_judged_alike(office: Office) -> None:
    client = await _client(office, "ilt-vendors:update", "audit:view")
    assert _held(await office.browser().get(HERE, auth=client)) == {"audit:view"}
    await office.hire(ADA, "auditor")
    browser = await office.sign_in(ADA)
    held = _held(await browser.get(HERE))
    assert held == {"audit:view", "ilt-vendors:view", "ilt-sessions:view", "ilt-roster:view"}


async def test_a_token_holds_what_it_was_asked_for(office: Office) -> None:
    client = await _client(office, "audit:view", "users:manage")
    form = {"grant_type": "client_credentials", "scope": "audit:view"}
    token = (await office.browser().post("/oauth2/token", data=form, auth=client)).json()["access_token"]
    answer = await office.browser().get(HERE, headers={"Authorization": f"Bearer {token}"})
    assert _held(answer) == {"audit:view"}


async def test_nobody_gets_a_problem_that_says_how_to_sign_in(office: Office) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer x"},
        {"Authorization": "Basic !"},
        {"Cookie": "__Host-vilt=x"},
    ):
        answer = await office.browser().get(HERE, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == 'Bearer realm="vilt"'
        assert answer.json()["type"] == "urn:vilt:problem:unknown-caller"


async def test_an_unknown_address_and_an_unknown_method_are_problems_too(office: Office) -> None:
    auth = await _client(office)
    missing = await office.browser().get("/api/v1/nothing", auth=auth)
    assert (missing.status_code, missing.json()["title"]) == (404, "Not found")
    assert (await office.browser().put(HERE, auth=auth)).headers["content-type"] == "application/problem+json"


async def test_a_browser_changes_nothing_without_the_token_of_its_login(office: Office) -> None:
    """Tried at the check itself, so that it holds for whatever is added."""
    await office.hire(ADA, "auditor")
    browser = await office.sign_in(ADA)
    token = await form_token(browser)
    from fastapi import Response

    from app.api.callers import Signed

    check = Signed.__metadata__[0].dependency
    outcomes = []
    for headers in (
        {},
        {"X-CSRF-Token": "0"},
        {"X-CSRF-Token": token, "Sec-Fetch-Site": "same-site"},
        {"X-CSRF-Token": token},
    ):
        request = _request(office, browser, {**SAME, **headers})
        try:
            outcomes.append((await check(request, Response(), office.house)).name)
        except Exception as exc:
            outcomes.append(type(exc).__name__)
    assert outcomes == ["NotAllowed", "NotAllowed", "NotAllowed", ADA]


def _request(office: Office, browser: httpx.AsyncClient, headers: dict[str, str]):  # type: ignore[no-untyped-def]
    from starlette.requests import Request

    cookie = f"__Host-vilt={browser.cookies['__Host-vilt']}"
    pairs = {**headers, "Cookie": cookie}.items()
    raw = [(name.lower().encode(), value.encode()) for name, value in pairs]
    scope = {"type": "http", "method": "POST", "path": HERE, "headers": raw, "client": ("127.0.0.1", 1)}
    return Request({**scope, "query_string": b"", "app": office.app})
