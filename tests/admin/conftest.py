"""The whole service in this process, and people with browsers who administer it."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from app.domain.actor import Actor, Grant
from app.domain.permissions import Scope
from app.main import create_app
from app.services.users import Newcomer
from app.settings import Settings
from app.wiring import House
from tests.conftest import Hands

SECRET = "a test's own secret text, long enough"
PASSWORD = "seven quiet herons wade"
BASE = "https://bridge.example.com"
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
async def office(sqlite_url: str, clock: Hands) -> AsyncIterator[Office]:
    settings = Settings(database_url=sqlite_url, secret_key=SECRET, public_url=BASE)
    app = create_app(settings, clock)
    async with app.router.lifespan_context(app):
        yield Office(app, clock)
