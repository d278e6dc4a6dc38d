"""A training administrator finds a class, reads its story and corrects its roster; names are taken away."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from app.services.users import Newcomer
from tests.browser.conftest import SCREENSHOTS, Opener, Service
from tests.browser.test_looks import _barriers as barriers
from tests.join.portal import Portal

pytestmark = pytest.mark.asyncio(loop_scope="session")

TIM, INA, DANA = "tim@example.com", "ina.ruiz@example.com", "dana.lee@example.com"
PASSWORD = "seven quiet herons wade"
LONG = "Fire safety for everybody who works at height, Wärmebildkameradrohnenführerschein"
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1200, "height": 800}},
    "dark": {"viewport": {"width": 1200, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 720}, "device_scale_factor": 2, "has_touch": True},
}
SignIn = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="session")
async def sign_in(service: Service, open_page: Opener) -> SignIn:
    """Somebody with a role, in a browser of their own, at a page."""

    async def opened(path: str, role: str = "system-administrator", email: str = TIM, **look: Any) -> Page:
        boss = await service.house.users.commanding()
        if email not in {listed.user.email for listed in await service.house.users.list(boss)}:
            made = await service.house.users.invite(boss, Newcomer(email, "", [role]))
            link = urlsplit(made.link).query.removeprefix("link=")
            await service.house.logins.accept(link, PASSWORD)
        page = await open_page(f"{service.url}/admin/login", **look)
        await page.get_by_label("E-mail address").fill(email)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        await page.goto(f"{service.url}{path}")
        return page

    return opened


async def _history(portal: Portal) -> str:
    """Two parts of a learning object, one moved, both launched into; a third class that was cancelled."""
    first = await portal.plan(begins_in=-1, Title=LONG, instructorEmails=INA, loId="LO-1")
    await portal.plan(begins_in=60 * 24, Title="Fire safety, part two", loId="LO-1")
    await portal.cancel(await portal.plan(begins_in=60 * 48, Title="Cancelled class"))
    await portal.http.post(f"{await portal.link(first, DANA)}/room/enter")
    await portal.link(first, INA)
    return first


async def test_from_a_word_to_the_class_its_story_and_its_roster(portal: Portal, sign_in: SignIn) -> None:
    await _history(portal)
    page = await sign_in("/admin/")
    await (
        page.get_by_role("navigation", name="Pages").get_by_role("link", name="Sessions", exact=True).click()
    )
    await page.get_by_label("Search").fill("höhe")
    await page.get_by_role("button", name="Show").click()
    await expect(page.get_by_text("No session fits.")).to_be_visible()
    await page.get_by_label("Search").fill("HEIGHT")
    await page.get_by_role("button", name="Show").click()
    await page.get_by_role("link", name=LONG).click()
    await expect(page.get_by_text("The provider has what the LMS wants.")).to_be_visible()
    await expect(page.get_by_text("The LMS asked: create")).to_be_visible()
    await expect(page.get_by_text("The provider was asked: create")).to_be_visible()
    assert "/join/" not in await page.content()
    await page.get_by_role("link", name="Roster", exact=True).click()
    await expect(page.get_by_role("row").filter(has_text=DANA)).to_contain_text("present for")


async def test_an_administrator_corrects_attendance_and_the_lms_hears_of_it(
    portal: Portal, sign_in: SignIn
) -> None:
    session = await _history(portal)
    page = await sign_in("/admin/sessions", role="training-administrator")
    await page.get_by_role("link", name=LONG).click()
    await page.get_by_role("link", name="Roster", exact=True).click()
    await page.get_by_role("link", name=f"Correct {DANA}").click()
    await page.get_by_label("Did not attend", exact=True).check()
    await page.get_by_label("Reason").fill("left the browser open and went")
    await page.get_by_role("button", name="Save the correction").click()
    await expect(page.get_by_role("status")).to_contain_text("The evidence stays as it was.")
    row = page.get_by_role("row").filter(has_text=DANA)
    await expect(row).to_contain_text("corrected by hand: left the browser open and went")
    assert DANA not in await portal.attendees(session)
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="CSV").click()
    table = (await (await downloading.value).path()).read_text("utf-8-sig")
    assert "left the browser open and went" in table
    await page.get_by_role("link", name=f"Remove the correction of {DANA}").click()
    await page.get_by_role("button", name="Remove it").click()
    await expect(page.get_by_role("status")).to_have_text("The correction is removed.")
    assert DANA in await portal.attendees(session)
    await page.get_by_role("link", name="All 2 parts").click()
    await expect(page.get_by_role("row").filter(has_text=DANA)).to_contain_text("1 of 2")


async def test_an_instructor_sees_the_own_classes_only(
    portal: Portal, service: Service, sign_in: SignIn
) -> None:
    await _history(portal)
    await portal.plan(begins_in=30, Title="Somebody else's", instructorEmails="tom@example.com")
    page = await sign_in("/admin/sessions", role="instructor", email=INA)
    await expect(page.get_by_role("link", name=LONG)).to_be_visible()
    await expect(page.get_by_text("Somebody else's")).to_have_count(0)
    boss = await service.house.users.commanding()
    from app.services.stories import Wanted

    (other,) = await service.house.stories.page(boss, Wanted(text="somebody"), None, 2)
    for path in ("", "/roster", "/parts", "/roster.csv"):
        answer = await page.request.get(f"{service.url}/admin/sessions/{other.session.id}{path}")
        assert answer.status == 404


async def test_a_person_is_looked_up_handed_out_and_erased(portal: Portal, sign_in: SignIn) -> None:
    session = await _history(portal)
    page = await sign_in("/admin/privacy")
    await page.get_by_label("E-mail address").fill("nobody@example.com")
    await page.get_by_role("button", name="Look the person up").click()
    await expect(page.get_by_role("alert")).to_have_text("Nothing is stored about this person.")
    await page.get_by_label("E-mail address").fill(DANA)
    await page.get_by_role("button", name="Look the person up").click()
    await expect(page.get_by_text("Launches")).to_be_visible()
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Download all of it as JSON").click()
    found = json.loads((await (await downloading.value).path()).read_text())
    assert found["tables"]["launches"][0]["email"] == DANA
    await page.get_by_label("Type the address once more").fill("somebody@example.com")
    await page.get_by_role("button", name="Erase for good").click()
    await expect(page.get_by_role("alert")).to_contain_text("Type the address once more")
    await page.get_by_label("Type the address once more").fill(DANA)
    await page.get_by_role("button", name="Erase for good").click()
    await expect(page.get_by_role("status")).to_contain_text("The name is gone from")
    await page.get_by_label("Launches and attendance").fill("365")
    await page.get_by_role("button", name="Save the periods").click()
    await expect(page.get_by_role("status")).to_contain_text("The periods are saved.")
    await expect(page.get_by_label("Launches and attendance")).to_have_value("365")
    assert DANA not in await portal.attendees(session)


@pytest.mark.parametrize("look", LOOKS)
async def test_every_page_is_without_barriers_and_fits(
    portal: Portal, service: Service, sign_in: SignIn, look: str
) -> None:
    page = await sign_in("/admin/sessions", **LOOKS[look])
    await _check(page, f"sessions-{look}-none")
    await _history(portal)
    await page.reload()
    await _check(page, f"sessions-{look}-list")
    await page.get_by_role("link", name=LONG).click()
    await _check(page, f"sessions-{look}-story")
    await page.get_by_role("link", name="Roster", exact=True).click()
    await _check(page, f"sessions-{look}-roster")
    await page.get_by_role("link", name="Add or correct a person").click()
    await _check(page, f"sessions-{look}-correct")
    await page.go_back()
    await page.get_by_role("link", name="All 2 parts").click()
    await _check(page, f"sessions-{look}-parts")
    await page.goto(f"{service.url}/admin/privacy")
    await _check(page, f"sessions-{look}-privacy")
    await page.get_by_label("E-mail address").fill(DANA)
    await page.get_by_role("button", name="Look the person up").click()
    await _check(page, f"sessions-{look}-person")


async def _check(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    assert await barriers(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.locator("h1").count() == 1
