"""A real chromium, the whole service on a real port, and people with browsers of their own."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, Page, async_playwright

from app.main import create_app
from app.providers.sandbox import PROVIDER as Sandbox
from app.settings import Settings
from app.wiring import House
from tests.conftest import Hands
from tests.join.portal import Portal

SCREENSHOTS = Path(__file__).parents[1] / "screenshots"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Running(Hands):
    """The real time, moved by hand."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def move(self, **by: float) -> None:
        self.ahead += timedelta(**by)


@pytest.fixture
def clock() -> Running:
    return Running()


def chromium(own: str) -> str:
    """Playwright's own browser where it was installed, else the system's; without one the test fails."""
    found = own if Path(own).exists() else shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.fail("The pages are tested in a real browser, and there is none: apt-get install -y chromium")
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        path = chromium(playwright.chromium.executable_path)
        opened = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        await opened.close()


@dataclass(frozen=True)
class Service:
    """The whole service on a port."""

    url: str
    house: House


@asynccontextmanager
async def serving_pages(
    sqlite_url: str, clock: Running, listening: socket.socket, **more: Any
) -> AsyncIterator[Service]:
    """The service on this socket, with `more` settings than its doors opening at the hour of the class."""
    url = address_of(listening)
    settings = Settings(
        database_url=sqlite_url,
        secret_key="a test's own secret text, long enough",
        public_url=url,
        early_minutes=0,
        **more,
    )
    app = create_app(settings, clock, {"sandbox": Sandbox})
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve([listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield Service(url, app.state.house)
    server.should_exit = True
    await serving


def address_of(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest_asyncio.fixture(loop_scope="session")
async def service(sqlite_url: str, clock: Running) -> AsyncIterator[Service]:
    """Its doors open at the hour of the class and not before."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        async with serving_pages(sqlite_url, clock, listening) as running:
            yield running


@pytest_asyncio.fixture(loop_scope="session")
async def portal(service: Service, clock: Running) -> AsyncIterator[Portal]:
    """A portal on the service."""
    client = await service.house.clients.add("test")
    async with httpx.AsyncClient(base_url=service.url) as http:
        yield Portal(http, (client.client_id, client.client_secret), clock)


Opener = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser) -> AsyncIterator[Opener]:
    """Open an address in a browser of somebody's own; no script may fail and no policy be broken in it."""
    complaints: list[str] = []
    async with AsyncExitStack() as stack:

        async def opened(url: str, **person: Any) -> Page:
            context = await browser.new_context(
                **{"locale": "en-GB", "timezone_id": "Europe/Berlin", **person}
            )
            stack.push_async_callback(context.close)
            page = await context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: _note(complaints, said.type, said.text))
            await page.goto(url)
            return page

        yield opened
    assert not complaints


def _note(complaints: list[str], kind: str, text: str) -> None:
    # chromium writes every answer of 400 and above to the console: those are the tests' own business
    if kind == "error" and not text.startswith("Failed to load resource"):
        complaints.append(text)
