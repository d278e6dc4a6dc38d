"""The whole service in this process, and people with browsers who administer it."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from app.domain.actor import Actor, Grant
from app.domain.caller import Caller
from app.domain.permissions import Scope
from app.main import create_app
from app.providers.base import Provider
from app.services.stories import Wanted
from app.services.users import Newcomer
from app.services.vendors import Sought
from app.settings import Settings
from app.wiring import House
from tests.conftest import Hands
from tests.providers.formed import Formed, formed_provider
from tests.services.conftest import draft

SECRET = "a test's own secret text, long enough"
PASSWORD = "seven quiet herons wade"
BASE = "https://bridge.example.com"
ADA, BEN = "ada@example.com", "ben@example.com"
TYPED = {"set.username": "svc@x.example", "set.password": "pass:&+#%ü", "set.endpoint": "x.example"}
REST = {"set.level": "Any", "set.days": "3"}
SAME = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Office:
    """The service, and people at it."""

    app: FastAPI
    clock: Hands

    @property
    def house(self) -> House:
        house: House = self.app.state.house
        return house

    def browser(self) -> httpx.AsyncClient:
        """A browser of somebody's own, with a jar of its own."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=BASE, headers=SAME)

    async def machine(self, *scopes: Scope, tenant: str = "default") -> httpx.AsyncClient:
        """A client that may do what `scopes` open; everything, without any."""
        made = await self.house.clients.add("machine", tenant, scopes=scopes or tuple(Scope))
        browser = self.browser()
        browser.auth = httpx.BasicAuth(made.client_id, made.client_secret)
        return browser

    async def commanding(self, tenant: str = "default") -> Actor:
        return await self.house.users.commanding(tenant, make=True)

    async def hire(
        self, email: str, *roles: str, grants: tuple[Grant, ...] = (), tenant: str = "default"
    ) -> None:
        """A user with a password."""
        new = Newcomer(email, "", roles, grants)
        made = await self.house.users.invite(await self.commanding(tenant), new)
        await self.house.logins.accept(urlsplit(made.link).query.removeprefix("link="), PASSWORD)

    async def sign_in(self, email: str) -> httpx.AsyncClient:
        """A browser in which this user is signed in."""
        browser = self.browser()
        answer = await browser.post("/admin/login", data={"email": email, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return browser


async def form_token(browser: httpx.AsyncClient) -> str:
    """What the forms of this login carry."""
    found = re.search(r'name="form_token" value="(\w+)"', (await browser.get("/admin/account")).text)
    assert found
    return found[1]


async def post(browser: httpx.AsyncClient, path: str, **fields: object) -> httpx.Response:
    """A form of one of the pages, filled in and sent."""
    return await browser.post(path, data={"form_token": await form_token(browser), **fields})


@pytest.fixture
def catalogue() -> Mapping[str, type[Provider]] | None:
    """The providers of the office; none: all that there are. A file with others has a fixture of its own."""
    return None


@pytest.fixture
def staff() -> tuple[str, ...]:
    """The office's administrators. A file with some has a fixture of its own."""
    return ()


@pytest.fixture
async def office(
    sqlite_url: str, clock: Hands, catalogue: Mapping[str, type[Provider]] | None, staff: tuple[str, ...]
) -> AsyncIterator[Office]:
    settings = Settings(database_url=sqlite_url, secret_key=SECRET, public_url=BASE)
    app = create_app(settings, clock, catalogue)
    async with app.router.lifespan_context(app):
        office = Office(app, clock)
        for email in staff:
            await office.hire(email, "system-administrator")
        yield office


@pytest.fixture
async def ada(office: Office) -> httpx.AsyncClient:
    """The browser of an administrator who is among the staff."""
    return await office.sign_in(ADA)


@pytest.fixture
def formed() -> type[Formed]:
    """A vendor with a form and a password."""
    return formed_provider()


@pytest.fixture
async def vendor_id(office: Office, ada: httpx.AsyncClient) -> UUID:
    """The vendor that the formed one's integration has made."""
    await post(ada, "/admin/preferences/formed", **TYPED, **REST, deed="save", revision=0)
    found = await office.house.vendors.page(await office.commanding(), Sought("Formed"), None, 2)
    return found[0].id


@pytest.fixture
async def lms(office: Office) -> Caller:
    """The LMS's credential for the practice room."""
    client = await office.house.clients.add("lms")
    return await office.house.access.basic(client.client_id, client.client_secret, "127.0.0.1")


@pytest.fixture
async def class_page(office: Office, lms: Caller) -> str:
    """The path of the page of a class, S1."""
    await office.house.sessions.create(lms, draft(external_id="S1"))
    found = await office.house.stories.page(await office.commanding(), Wanted(), None, 2)
    return f"/admin/sessions/{found[0].session.id}"
