"""The API documentation works without the Internet, in a real browser, under a strict policy."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import async_playwright

from app.settings import Settings
from tests.browser.conftest import FLAGS, chromium
from tests.conftest import SECRET, Server, serving


@pytest.fixture
def docs(sqlite_url: str) -> Iterator[Server]:
    with serving(Settings(database_url=sqlite_url, secret_key=SECRET)) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "word"), [("/docs", "/session/{SessionId}/attendees"), ("/docs/service", "/oauth2/token")]
)
async def test_the_page_shows_the_document_and_asks_nobody_else(docs: Server, path: str, word: str) -> None:
    asked: set[str | None] = set()
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(playwright.chromium.executable_path), args=FLAGS
        )
        page = await browser.new_page()
        page.on("request", lambda request: asked.add(urlsplit(request.url).hostname))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{docs.base_url}{path}")
        operation = page.locator(f'.opblock-summary-path[data-path="{word}"]')
        await operation.first.click()
        await page.locator(".opblock.is-open .responses-inner").first.wait_for()
        await browser.close()
    assert complaints == []
    assert {name for name in asked if name} <= {"127.0.0.1"}


async def test_the_page_lets_nothing_foreign_in(docs: Server) -> None:
    async with httpx.AsyncClient(base_url=docs.base_url) as http:
        page, script = await http.get("/docs"), await http.get("/docs/assets/docs.js")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "<script>" not in page.text
    assert script.headers["x-content-type-options"] == "nosniff"


async def test_both_documents_can_be_fetched(docs: Server) -> None:
    async with httpx.AsyncClient(base_url=docs.base_url) as http:
        contract = await http.get("/openapi/vilt-contract.yaml")
        service = await http.get("/openapi/vilt-service.json")
    assert contract.text.lstrip("# ").startswith(("openapi:", "The")) or "openapi: 3.1" in contract.text
    assert service.json()["openapi"].startswith("3.1")
