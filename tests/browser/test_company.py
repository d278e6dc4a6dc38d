"""In and out with the company's own identity: a real browser, and a real provider that asks for PKCE."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.conftest import SCREENSHOTS, Opener, Running, Service, address_of, serving_pages
from tests.browser.test_looks import LOOKS
from tests.browser.test_looks import _barriers as barriers
from tests.company.running import PASSWORD, Company, company

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def there(tmp_path: Path, sqlite_url: str, clock: Running) -> AsyncIterator[tuple[Company, Service]]:
    """The company's provider, and the service that sends its people there."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        with company(tmp_path, address_of(listening)) as provider:
            async with serving_pages(sqlite_url, clock, listening, **provider.settings) as service:
                await service.house.users.commanding("default", make=True)
                yield provider, service


async def _come_in(page: Page, name: str) -> None:
    """From our login page through the provider's own form."""
    await page.get_by_role("link", name="Sign in with your company").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("The company's own login")
    await page.get_by_label("Username").fill(name)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_role("button", name="Authorize").or_(page.locator("input[name=allow]")).click()


async def test_the_way_in_by_the_company_and_out_of_both(
    there: tuple[Company, Service], open_page: Opener
) -> None:
    provider, service = there
    page = await open_page(f"{service.url}/admin/users")
    await _come_in(page, "ada")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Users")
    await expect(page.get_by_role("link", name="ada@example.com")).to_be_visible()
    await page.goto(f"{service.url}/admin/")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Good to see you, Ada Lovelace")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("status")).to_have_text("You are signed out.")
    assert page.url == f"{service.url}/admin/login?said=out"
    await page.get_by_role("link", name="Sign in with your company").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("The company's own login")
    assert page.url.startswith(provider.url)


async def test_who_has_no_group_that_means_something_is_told_so(
    there: tuple[Company, Service], open_page: Opener
) -> None:
    page = await open_page(f"{there[1].url}/admin/login")
    await _come_in(page, "bob")
    await expect(page.get_by_text("none of your groups opens anything here")).to_be_visible()


async def test_the_login_page_with_the_company_has_no_barriers(
    there: tuple[Company, Service], open_page: Opener
) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    for name, look in LOOKS.items():
        page = await open_page(f"{there[1].url}/admin/login", **look)
        await expect(page.get_by_role("link", name="Sign in with your company")).to_be_visible()
        await page.screenshot(path=SCREENSHOTS / f"admin-{name}-login-company.png", full_page=True)
        assert await barriers(page) == [], name
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
