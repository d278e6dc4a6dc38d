"""Signing in with the company's own identity, at an OpenID provider on this machine, written by others."""

import asyncio
import socket
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from oidc_provider_mock import User, run_server_in_thread

from app.main import create_app
from app.services.users import Newcomer, UserChange
from app.settings import Settings
from tests.admin.conftest import BASE, SECRET, Office, post
from tests.conftest import Hands

ADA = "ada@example.com"
ROLES = {"vilt-admins": "system-administrator", "vilt-audit": "auditor"}


@dataclass
class Provider:
    """The company's provider; `heard`: what came to its token endpoint."""

    url: str
    heard: list[dict[str, str]] = field(default_factory=list)

    def knows(self, subject: str, **claims: Any) -> None:
        """Somebody there, from now on with these claims."""
        httpx.put(f"{self.url}/users/{subject}", json=claims).raise_for_status()


@pytest.fixture
def provider() -> Iterator[Provider]:
    with run_server_in_thread(require_nonce=True, user_claims=[User(sub="nobody")]) as server:
        there = Provider(f"http://localhost:{server.server_port}")
        inner = server.app

        def listening(environ: dict[str, Any], start_response: Any) -> Any:
            if environ["PATH_INFO"] == "/oauth2/token":
                body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
                there.heard.append({k: v[0] for k, v in parse_qs(body.decode()).items()})
                environ["wsgi.input"] = BytesIO(body)
            return inner(environ, start_response)

        server.app = listening
        yield there


@asynccontextmanager
async def _office(sqlite_url: str, clock: Hands, issuer: str, **more: Any) -> AsyncIterator[Office]:
    settings = Settings(
        database_url=sqlite_url,
        secret_key=SECRET,
        public_url=BASE,
        allow_private_endpoints=True,
        oidc_issuer=issuer,
        oidc_client_id="vilt",
        oidc_client_secret="a secret of ours: %& there",
        oidc_roles=ROLES,
        **more,
    )
    app = create_app(settings, clock)
    async with app.router.lifespan_context(app):
        yield Office(app, clock)


@pytest.fixture
async def company(sqlite_url: str, clock: Hands, provider: Provider) -> AsyncIterator[Office]:
    async with _office(sqlite_url, clock, provider.url) as office:
        await office.commanding()
        yield office


async def _there(browser: httpx.AsyncClient, subject: str, onward: str = "") -> str:
    """Sign in at the company as this subject; the address with which the browser is sent back."""
    began = await browser.get("/admin/oidc/start", params={"next": onward})
    assert began.status_code == 303, began.text
    async with httpx.AsyncClient() as outside:
        page = await outside.get(began.headers["location"])
        assert page.status_code == 200, page.text
        done = await outside.post(began.headers["location"], data={"sub": subject})
    assert done.status_code == 302, done.text
    return str(done.headers["location"]).removeprefix(BASE)


async def _sign_in(browser: httpx.AsyncClient, subject: str, onward: str = "") -> httpx.Response:
    return await browser.get(await _there(browser, subject, onward))


async def _given(office: Office, email: str) -> list[tuple[str | None, bool]]:
    known = await office.house.users.list(await office.commanding())
    return [(line.role, line.from_groups) for one in known if one.user.email == email for line in one.given]


async def test_somebody_of_the_company_signs_in_and_has_the_roles_of_the_groups(
    company: Office, provider: Provider
) -> None:
    provider.knows("ada-1", email=ADA, name="Ada", groups=["staff", "vilt-admins"])
    browser = company.browser()
    assert "Sign in with your company" in (await browser.get("/admin/login")).text
    back = await _sign_in(browser, "ada-1", "/admin/users?x=1")
    assert back.status_code == 303, back.text
    assert back.headers["location"] == "../../admin/users?x=1"
    assert "Good to see you, Ada" in (await browser.get("/admin/")).text
    assert ADA in (await browser.get("/admin/users")).text
    assert await _given(company, ADA) == [("system-administrator", True)]
    await post(browser, "/admin/logout")
    assert (await browser.get("/admin/")).status_code == 303


async def test_the_code_is_bound_to_this_browser_by_pkce_state_and_nonce(
    company: Office, provider: Provider
) -> None:
    provider.knows("ada-1", email=ADA, groups=["vilt-audit"])
    browser = company.browser()
    began = await browser.get("/admin/oidc/start")
    asked = {k: v[0] for k, v in parse_qs(urlsplit(began.headers["location"]).query).items()}
    assert asked["redirect_uri"] == f"{BASE}/admin/oidc/back"
    assert {"state", "nonce"} <= asked.keys()
    assert asked["code_challenge_method"] == "S256"
    cookie = began.headers["set-cookie"]
    assert cookie.startswith("__Host-vilt-oidc=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure", "Max-Age=600"} <= set(cookie.split("; "))
    async with httpx.AsyncClient() as outside:
        done = await outside.post(began.headers["location"], data={"sub": "ada-1"})
    assert (await browser.get(done.headers["location"])).status_code == 303
    challenge = urlsafe_b64encode(sha256(provider.heard[0]["code_verifier"].encode()).digest())
    assert challenge.decode().rstrip("=") == asked["code_challenge"]
    assert "__Host-vilt-oidc" not in browser.cookies


async def test_nobody_is_signed_in_by_an_answer_that_another_browser_asked_for(
    company: Office, provider: Provider
) -> None:
    provider.knows("ada-1", email=ADA, groups=["vilt-audit"])
    mine, other = company.browser(), company.browser()
    answer = await _there(mine, "ada-1")
    stranger = await other.get(answer)
    assert stranger.status_code == 400
    assert "in another browser" in stranger.text
    await other.get("/admin/oidc/start")
    assert (await other.get(answer)).status_code == 400
    other.cookies.set("__Host-vilt-oidc", "a.9999999999.b.c", domain="bridge.example.com", path="/")
    assert (await company.browser().get(answer, cookies=other.cookies)).status_code == 400
    assert provider.heard == []


async def test_a_sign_in_that_was_begun_too_long_ago_starts_again(
    company: Office, provider: Provider
) -> None:
    provider.knows("ada-1", email=ADA, groups=["vilt-audit"])
    browser = company.browser()
    answer = await _there(browser, "ada-1")
    company.clock.move(minutes=11)
    assert (await browser.get(answer)).status_code == 400


async def test_a_code_works_once(company: Office, provider: Provider) -> None:
    provider.knows("ada-1", email=ADA, groups=["vilt-audit"])
    browser = company.browser()
    answer, kept = await _there(browser, "ada-1"), dict(browser.cookies)
    assert (await browser.get(answer)).status_code == 303
    thief = company.browser()
    thief.cookies.update(kept)
    assert (await thief.get(answer)).status_code == 403


async def test_without_a_group_that_means_something_a_kind_page_says_so(
    company: Office, provider: Provider
) -> None:
    provider.knows("bob-1", email="bob@example.com", groups=["staff"])
    refused = await _sign_in(company.browser(), "bob-1")
    assert refused.status_code == 403
    assert "none of your groups opens anything here" in refused.text
    assert await _given(company, "bob@example.com") == []


async def test_roles_follow_the_groups_and_what_was_given_here_stays(
    company: Office, provider: Provider
) -> None:
    provider.knows("ada-1", email=ADA, groups=["vilt-admins"])
    browser = company.browser()
    await _sign_in(browser, "ada-1")
    shell = await company.commanding()
    user = next(one.user for one in await company.house.users.list(shell) if one.user.email == ADA)
    await company.house.users.give(shell, user.id, user.revision, "training-administrator")
    provider.knows("ada-1", email=ADA, groups=["vilt-audit"])
    await _sign_in(company.browser(), "ada-1")
    assert sorted(await _given(company, ADA)) == [("auditor", True), ("training-administrator", False)]
    provider.knows("ada-1", email=ADA, groups=[])
    assert (await _sign_in(company.browser(), "ada-1")).status_code == 403
    assert await _given(company, ADA) == [("training-administrator", False)]


async def test_roles_of_groups_cannot_be_taken_back_here(company: Office, provider: Provider) -> None:
    provider.knows("ada-1", email=ADA, groups=["vilt-admins"])
    await _sign_in(company.browser(), "ada-1")
    await company.hire("root@example.com", "system-administrator")
    shell = await company.commanding()
    known = next(one for one in await company.house.users.list(shell) if one.user.email == ADA)
    browser, address = await company.sign_in("root@example.com"), f"/admin/users/{known.user.id}"
    assert "by the company&#39;s groups" in (page := (await browser.get(address)).text) or "groups" in page
    fields = {"revision": known.user.revision, "line": known.given[0].id}
    assert (await post(browser, f"{address}/take", **fields)).status_code == 409
    assert await _given(company, ADA) == [("system-administrator", True)]


async def test_a_password_brings_no_roles_of_groups(company: Office, provider: Provider) -> None:
    await company.hire(ADA, "auditor")
    browser = await company.sign_in(ADA)
    provider.knows("ada-1", email=ADA, groups=["vilt-admins"])
    assert (await _sign_in(browser, "ada-1")).status_code == 303
    assert ("system-administrator", True) in await _given(company, ADA)
    await company.sign_in(ADA)
    assert await _given(company, ADA) == [("auditor", False)]


@pytest.mark.parametrize("verified", [True, None])
async def test_a_user_with_a_password_is_linked_only_by_who_is_signed_in_with_it(
    company: Office, provider: Provider, verified: bool | None
) -> None:
    await company.hire(ADA, "auditor")
    claims = {} if verified is None else {"email_verified": verified}
    provider.knows("ada-1", email=ADA, groups=["vilt-audit"], **claims)
    stranger = await _sign_in(company.browser(), "ada-1")
    assert stranger.status_code == 403
    assert "Sign in with that once" in stranger.text
    mine = await company.sign_in(ADA)
    assert "Link your company" in (await mine.get("/admin/account")).text
    assert (await _sign_in(mine, "ada-1", "/admin/account")).status_code == 303
    assert (await _sign_in(company.browser(), "ada-1")).status_code == 303
    provider.knows("ada-2", email=ADA, groups=["vilt-audit"], **claims)
    assert (await _sign_in(mine, "ada-2")).status_code == 403


@pytest.mark.parametrize(("verified", "status"), [(True, 303), (None, 403)])
async def test_somebody_who_was_invited_is_linked_when_the_address_is_verified(
    company: Office, provider: Provider, verified: bool | None, status: int
) -> None:
    await company.house.users.invite(await company.commanding(), Newcomer(ADA, "Ada", ["auditor"]))
    claims = {} if verified is None else {"email_verified": verified}
    provider.knows("ada-1", email=ADA, groups=["vilt-admins"], **claims)
    assert (await _sign_in(company.browser(), "ada-1")).status_code == status


@pytest.mark.parametrize(
    "claims", [{"email": ADA, "email_verified": False}, {"email": "no address"}, {"name": "Ada"}]
)
async def test_an_address_that_is_not_verified_is_no_address(
    company: Office, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.knows("ada-1", groups=["vilt-admins"], **claims)
    refused = await _sign_in(company.browser(), "ada-1")
    assert refused.status_code == 403
    assert await _given(company, ADA) == []


async def test_a_user_of_another_tenant_or_deactivated_does_not_come_in(
    company: Office, provider: Provider
) -> None:
    await company.hire("far@example.com", "auditor", tenant="far")
    provider.knows("far-1", email="far@example.com", email_verified=True, groups=["vilt-admins"])
    assert (await _sign_in(company.browser(), "far-1")).status_code == 403
    provider.knows("ada-1", email=ADA, groups=["vilt-audit"])
    browser = company.browser()
    await _sign_in(browser, "ada-1")
    shell = await company.commanding()
    user = next(one.user for one in await company.house.users.list(shell) if one.user.email == ADA)
    await company.house.users.change(shell, user.id, user.revision, UserChange(active=False))
    assert (await browser.get("/admin/")).status_code == 303
    assert (await _sign_in(company.browser(), "ada-1")).status_code == 403


async def test_two_first_visits_at_once_are_one_user(company: Office, provider: Provider) -> None:
    provider.knows("ada-1", email=ADA, groups=["vilt-audit"])
    answers = await asyncio.gather(*(_sign_in(company.browser(), "ada-1") for _ in range(4)))
    assert [answer.status_code for answer in answers] == [303] * 4
    assert await _given(company, ADA) == [("auditor", True)]


async def test_somebody_who_says_no_there_is_told_kindly(company: Office) -> None:
    browser = company.browser()
    began = await browser.get("/admin/oidc/start")
    async with httpx.AsyncClient() as outside:
        done = await outside.post(began.headers["location"], data={"action": "deny"})
    state = parse_qs(urlsplit(began.headers["location"]).query)["state"][0]
    answer = await browser.get("/admin/oidc/back", params={"error": "access_denied", "state": state})
    assert done.status_code == 302
    assert answer.status_code == 403
    assert "did not let you in" in answer.text


async def test_without_a_provider_there_is_no_button_and_no_page(office: Office) -> None:
    assert "your company" not in (await office.browser().get("/admin/login")).text
    assert (await office.browser().get("/admin/oidc/start")).status_code == 404


async def test_a_provider_that_is_down_or_silent_is_a_kind_page_within_seconds(
    sqlite_url: str, clock: Hands
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        for listening in (False, True):
            if listening:
                silent.listen()
            async with _office(sqlite_url, clock, url) as office:
                before = time.monotonic()
                answer = await office.browser().get("/admin/oidc/start")
                assert time.monotonic() - before < 7
            assert answer.status_code == 503
            assert "does not answer" in answer.text
            assert url not in answer.text


async def test_a_provider_at_a_private_address_is_not_called_unless_that_is_allowed(
    sqlite_url: str, clock: Hands, provider: Provider
) -> None:
    async with _office(sqlite_url, clock, provider.url) as office:
        assert (await office.browser().get("/admin/oidc/start")).status_code == 303
    with pytest.raises(ValueError, match="https"):
        Settings(oidc_issuer=provider.url, oidc_client_id="vilt", oidc_roles=ROLES)
    inside = Settings(
        database_url=sqlite_url,
        secret_key=SECRET,
        public_url=BASE,
        oidc_issuer=provider.url.replace("http", "https"),
        oidc_client_id="vilt",
        oidc_roles=ROLES,
    )
    app = create_app(inside, clock)
    async with app.router.lifespan_context(app):
        answer = await Office(app, clock).browser().get("/admin/oidc/start")
    assert answer.status_code == 503


async def test_the_company_sign_in_stands_in_the_audit_trail(company: Office, provider: Provider) -> None:
    provider.knows("ada-1", email=ADA, groups=["vilt-audit"])
    await _sign_in(company.browser(), "ada-1")
    provider.knows("ada-1", email=ADA, groups=["vilt-admins"])
    await _sign_in(company.browser(), "ada-1")
    async with company.house.db.read() as tx:
        from sqlalchemy import select

        from app.db.tables import audit

        actions = list((await tx.scalars(select(audit.c.action).order_by(audit.c.number))).all())
    assert actions == ["user.joined", "login.opened", "user.groups", "login.opened"]
