"""An administrator reads the audit trail and wakes what was given up; both pages without barriers."""

from typing import Any

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import update

from app.db.tables import meetings
from tests.browser.conftest import SCREENSHOTS, Service
from tests.browser.test_looks import _barriers as barriers
from tests.browser.test_sessions import LONG, LOOKS, SignIn, sign_in  # noqa: F401 (a fixture)
from tests.join.portal import Portal

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _give_up(portal: Portal, service: Service) -> None:
    """A class whose meeting nobody tries any more, and a comparison of today."""
    await portal.plan(begins_in=60 * 24, Title=LONG)
    parked: dict[str, Any] = {"parked_at": portal.clock(), "next_try_at": None, "attempts": 8}
    async with service.house.db.begin() as tx:
        await tx.execute(update(meetings).values(**parked, last_error="The provider refused the meeting."))
    await service.house.reconciliation.run()


@pytest.mark.parametrize("look", LOOKS)
async def test_what_was_given_up_is_woken_and_the_trail_tells_who_did_it(
    portal: Portal,
    service: Service,
    sign_in: SignIn,  # noqa: F811
    look: str,
) -> None:
    page = await sign_in("/admin/background", **LOOKS[look])
    await _check(page, f"background-{look}-none")
    await _give_up(portal, service)
    await page.reload()
    await _check(page, f"background-{look}-parked")
    await page.get_by_role("link", name="Try again: Meeting at the provider").click()
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("status")).to_have_text("It is being tried again.")
    await page.goto(f"{service.url}/admin/audit")
    await _check(page, f"audit-{look}-list")
    await page.get_by_label("Action", exact=True).fill("job.")
    await page.get_by_role("button", name="Show").click()
    await expect(page.get_by_role("row").filter(has_text="job.woken")).to_contain_text("tim@example.com")
    await page.get_by_label("Actor").fill("nobody")
    await page.get_by_role("button", name="Show").click()
    await expect(page.get_by_text("No deed fits.")).to_be_visible()
    await _check(page, f"audit-{look}-none")


async def _check(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    assert await barriers(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.locator("h1").count() == 1
