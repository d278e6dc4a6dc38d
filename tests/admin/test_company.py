"""The company's sign-in at a real provider that asks for PKCE: what it refuses, what it hears at the end."""

import re
from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.main import create_app
from app.services.audit import Wanted
from app.settings import Settings
from tests.admin.conftest import BASE, SECRET, Office, post
from tests.company.running import CLIENT_ID, CLIENT_SECRET, PASSWORD, Company, company
from tests.conftest import Hands

ADA = "ada@example.com"
BACK = f"{BASE}/admin/oidc/back"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with company(tmp_path_factory.mktemp("company"), BASE) as running:
        yield running


@pytest.fixture
async def office(database_url: str, clock: Hands, provider: Company) -> AsyncIterator[Office]:
    """On each database, and with this company."""
    settings = Settings(database_url=database_url, secret_key=SECRET, public_url=BASE, **provider.settings)  # type: ignore[arg-type]
    app = create_app(settings, clock)
    async with app.router.lifespan_context(app):
        made = Office(app, clock)
        await made.commanding()
        yield made


async def _log_in(outside: httpx.AsyncClient, provider: Company, name: str) -> None:
    """Through the provider's own form."""
    form = await outside.get(f"{provider.url}/accounts/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)
    assert token
    fields = {"username": name, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    done = await outside.post(f"{provider.url}/accounts/login/", data=fields)
    assert done.status_code == 302, done.text


async def _agreed(outside: httpx.AsyncClient, address: str) -> str:
    """The address with which the provider sends the browser back, once the person said yes there."""
    page = await outside.get(address)
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)"[^>]*? value="([^"]*)"', page.text))
    fields |= {"allow": "Authorize", "scope": "openid email profile"}
    done = await outside.post(address, data={k: v.replace("&#x27;", "'") for k, v in fields.items()})
    assert done.status_code == 302, done.text
    return str(done.headers["location"])


async def _sign_in(office: Office, provider: Company, name: str) -> tuple[httpx.AsyncClient, httpx.Response]:
    browser = office.browser()
    began = await browser.get("/admin/oidc/start")
    async with httpx.AsyncClient() as outside:
        await _log_in(outside, provider, name)
        back = await _agreed(outside, began.headers["location"])
    return browser, await browser.get(back.removeprefix(BASE))


async def _deeds(office: Office, action: str) -> list[tuple[str, str, object]]:
    """(action, actor, after), oldest first."""
    entries = await office.house.audit.search(await office.commanding(), Wanted(action=action), None, 50)
    return [(entry.action, entry.actor, entry.after) for entry in reversed(entries)]


async def test_with_pkce_somebody_comes_in_and_both_ends_are_in_the_trail(
    office: Office, provider: Company
) -> None:
    browser, back = await _sign_in(office, provider, "ada")
    assert back.status_code == 303, back.text
    assert "Good to see you, Ada Lovelace" in (await browser.get("/admin/")).text
    left = await post(browser, "/admin/logout")
    assert left.status_code == 200
    assert "Go on to your company" in left.text
    assert "Sign out" not in left.text
    assert await _deeds(office, "login.") == [
        ("login.opened", f"user:{ADA}", {"by": "company"}),
        ("login.closed", f"user:{ADA}", None),
    ]
    assert [verdict.broken_at for verdict in await office.house.audit.verify()] == [None]


async def test_who_has_no_group_here_stands_in_the_trail_as_refused(
    office: Office, provider: Company
) -> None:
    _, back = await _sign_in(office, provider, "bob")
    assert back.status_code == 403
    ((action, actor, after),) = await _deeds(office, "login.")
    assert (action, actor) == ("login.refused", "unproven:bob@example.com")
    assert "none of your groups" in str(after)


async def test_a_code_that_is_made_up_stands_in_the_trail_as_refused(
    office: Office, provider: Company
) -> None:
    browser = office.browser()
    began = await browser.get("/admin/oidc/start")
    state = parse_qs(urlsplit(began.headers["location"]).query)["state"][0]
    answer = await browser.get("/admin/oidc/back", params={"state": state, "code": "made up"})
    assert answer.status_code == 403
    ((action, actor, _),) = await _deeds(office, "login.")
    assert (action, actor) == ("login.refused", "unproven:somebody at the company's sign-in")


async def test_signing_out_here_leads_to_the_end_of_the_session_there(
    office: Office, provider: Company
) -> None:
    browser, _ = await _sign_in(office, provider, "ada")
    left = await post(browser, "/admin/logout")
    there = left.headers["refresh"].removeprefix("0; url=")
    asked = {k: v[0] for k, v in parse_qs(urlsplit(there).query).items()}
    assert there.startswith(f"{provider.issuer}/logout/?")
    assert (asked["client_id"], asked["post_logout_redirect_uri"]) == (CLIENT_ID, f"{BASE}/admin/oidc/out")
    assert asked["id_token_hint"].count(".") == 2
    assert (await browser.get("/admin/")).status_code == 303
    back = await browser.get("/admin/oidc/out")
    assert back.headers["location"].endswith("admin/login?said=out")


async def test_signing_out_everywhere_leads_there_too_and_a_password_leads_nowhere(
    office: Office, provider: Company
) -> None:
    browser, _ = await _sign_in(office, provider, "ada")
    left = await post(browser, "/admin/account/everywhere")
    assert f"{provider.issuer}/logout/" in left.headers["refresh"]
    await office.hire("local@example.com", "auditor")
    plain = await post(await office.sign_in("local@example.com"), "/admin/logout")
    assert plain.status_code == 303
    assert "refresh" not in plain.headers


async def test_the_id_token_rests_sealed_and_only_as_long_as_the_login(
    office: Office, provider: Company
) -> None:
    from sqlalchemy import select

    from app.db.tables import logins

    browser, _ = await _sign_in(office, provider, "ada")
    async with office.house.db.read() as tx:
        (sealed,) = (await tx.scalars(select(logins.c.sealed_hint))).all()
    assert sealed
    assert b"eyJ" not in sealed
    await post(browser, "/admin/logout")
    async with office.house.db.read() as tx:
        assert (await tx.scalars(select(logins.c.sealed_hint))).all() == []


@pytest.mark.parametrize("verifier", [None, "w" * 64])
async def test_the_provider_refuses_a_code_without_its_verifier(
    provider: Company, verifier: str | None, sqlite_url: str, clock: Hands
) -> None:
    """So whoever came in above did send the right one."""
    settings = Settings(database_url=sqlite_url, secret_key=SECRET, public_url=BASE, **provider.settings)  # type: ignore[arg-type]
    app = create_app(settings, clock)
    async with app.router.lifespan_context(app), httpx.AsyncClient() as outside:
        began = await Office(app, clock).browser().get("/admin/oidc/start")
        await _log_in(outside, provider, "ada")
        back = await _agreed(outside, began.headers["location"])
        form = {"grant_type": "authorization_code", "redirect_uri": BACK}
        form["code"] = parse_qs(urlsplit(back).query)["code"][0]
        if verifier:
            form["code_verifier"] = verifier
        answer = await outside.post(f"{provider.issuer}/token/", data=form, auth=(CLIENT_ID, CLIENT_SECRET))
    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_grant", "invalid_request")


async def test_the_provider_refuses_whoever_comes_without_a_challenge(provider: Company) -> None:
    asked = {"response_type": "code", "client_id": CLIENT_ID, "redirect_uri": BACK, "scope": "openid"}
    async with httpx.AsyncClient() as outside:
        await _log_in(outside, provider, "ada")
        answer = await outside.get(f"{provider.issuer}/authorize/", params=asked)
    assert answer.status_code == 302
    assert "error=invalid_request" in answer.headers["location"]
    assert "challenge" in answer.headers["location"]
