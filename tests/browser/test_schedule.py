"""An instructor's day in the browser: list, week, launch, calendar address; and a planner's."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from app.services.users import Newcomer
from app.settings import Settings
from app.wiring import open_house
from tests.browser.conftest import SCREENSHOTS, Opener
from tests.browser.test_looks import _barriers as barriers
from tests.join.portal import Portal

pytestmark = pytest.mark.asyncio(loop_scope="session")

INA, TOM, PAM = "ina.ruiz@example.com", "tom.okoro@example.com", "pam@example.com"
PASSWORD = "seven quiet herons wade"
LONG = "Fire safety for everybody who works at height, Wärmebildkameradrohnenführerschein"
SignIn = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="session")
async def sign_in(portal: Portal, open_page: Opener, sqlite_url: str) -> AsyncIterator[SignIn]:
    """Somebody with a role, in a browser of their own, at a page."""
    url = str(portal.http.base_url).rstrip("/")
    settings = Settings(
        database_url=sqlite_url, secret_key="a test's own secret text, long enough", public_url=url
    )
    for first, last, email in (("Ina", "Ruiz", INA), ("Tom", "Okoro", TOM)):
        record = {"Email": email, "FirstName": first, "LastName": last}
        await portal.http.post("/instructor", json=record, auth=portal.auth)
    async with open_house(settings) as house:

        async def opened(email: str, role: str, path: str, **look: Any) -> Page:
            admin = await house.users.commanding()
            if email not in {listed.user.email for listed in await house.users.list(admin)}:
                made = await house.users.invite(admin, Newcomer(email, "", [role]))
                link = urlsplit(made.link).query.removeprefix("link=")
                await house.logins.accept(link, PASSWORD)
            page = await open_page(f"{url}/admin/login", **look)
            await page.get_by_label("E-mail address").fill(email)
            await page.get_by_label("Password").fill(PASSWORD)
            await page.get_by_role("button", name="Sign in").click()
            await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
            await page.goto(f"{url}{path}")
            return page

        yield opened


async def sound(page: Page, name: str) -> None:
    """A screenshot; no barrier, no sideways scrolling, one heading."""
    SCREENSHOTS.mkdir(exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"schedule-{name}.png", full_page=True)
    assert await barriers(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.locator("h1").count() == 1


async def test_an_instructor_finds_the_class_of_now_and_launches_it(portal: Portal, sign_in: SignIn) -> None:
    await portal.plan(begins_in=-2, Title=LONG, Instructors=[INA])
    await portal.plan(begins_in=600, Title="Ladders", Instructors=[INA])
    await portal.plan(begins_in=600, Title="Not hers", Instructors=[TOM])
    page = await sign_in(INA, "instructor", "/admin/")
    await page.get_by_role("link", name="View Your Sessions").first.click()
    await expect(page.get_by_role("heading", name="Now", exact=True)).to_be_visible()
    await expect(page.get_by_text("Not hers")).to_have_count(0)
    await sound(page, "list")
    await page.get_by_role("button", name=f"Launch {LONG}").click()
    await expect(page.get_by_role("button", name="Join")).to_be_visible()
    assert "/join/" in page.url


async def test_two_classes_at_once_are_seen_on_the_week_in_the_readers_zone(
    portal: Portal, sign_in: SignIn
) -> None:
    for title in ("Ladders", "Ropes"):
        await portal.plan(begins_in=1, minutes=2, Title=title, Instructors=[INA])
    page = await sign_in(INA, "instructor", "/admin/schedule", viewport={"width": 1280, "height": 800})
    await expect(page.get_by_role("alert")).to_contain_text("Two of your classes are at the same time")
    await page.get_by_role("link", name="Week", exact=True).click()
    await expect(page.get_by_text("Europe/Berlin").first).to_be_visible()
    await expect(page.get_by_text("two at once").first).to_be_visible()
    await sound(page, "week")
    await page.get_by_label("Time zone").select_option("Asia/Kolkata")
    await page.get_by_role("button", name="Show").click()
    await page.get_by_role("link", name="Week after").click()
    await expect(page.get_by_text("All times are those of Asia/Kolkata")).to_be_visible()


@pytest.mark.parametrize("look", ["dark", "phone"])
async def test_the_week_is_sound_in_every_look(portal: Portal, sign_in: SignIn, look: str) -> None:
    for title in (LONG, "Ropes"):
        await portal.plan(begins_in=1, minutes=2, Title=title, Instructors=[INA])
    looks: dict[str, dict[str, Any]] = {
        "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
        "phone": {"viewport": {"width": 320, "height": 640}, "has_touch": True},
    }
    for path, name in (("", "list"), ("/week", "week"), ("/free", "free"), ("/feed", "feed")):
        page = await sign_in(INA, "instructor", f"/admin/schedule{path}", **looks[look])
        await sound(page, f"{name}-{look}")


async def test_an_instructor_subscribes_and_revokes(portal: Portal, sign_in: SignIn) -> None:
    await portal.plan(begins_in=600, Title="Ladders", Instructors=[INA])
    page = await sign_in(INA, "instructor", "/admin/schedule")
    await page.get_by_role("link", name="Calendar address").click()
    await page.get_by_role("button", name="Make an address").click()
    address = await page.get_by_role("textbox", name="Address").input_value()
    await sound(page, "feed-made")
    async with httpx.AsyncClient() as phone:
        assert "SUMMARY:Ladders" in (await phone.get(address)).text
        await page.get_by_role("link", name="Done").click()
        await page.get_by_role("link", name="Revoke it").click()
        await page.get_by_role("button", name="Revoke").click()
        await expect(page.get_by_role("status")).to_contain_text("revoked")
        assert (await phone.get(address)).status_code == 404


async def test_a_planner_finds_a_free_time_and_gives_the_class_to_somebody_else(
    portal: Portal, sign_in: SignIn
) -> None:
    await portal.plan(begins_in=1, minutes=3, Title="Ladders", Instructors=[INA])
    page = await sign_in(PAM, "training-administrator", "/admin/schedule/free")
    for n, (email, zone) in enumerate(((INA, "Europe/Berlin"), (TOM, "Europe/London")), 1):
        row = page.get_by_role("group", name=f"Instructor {n}")
        await row.get_by_label("E-mail address").fill(email)
        await row.get_by_label("Time zone").select_option(zone)
    await page.get_by_role("button", name="Find free times").click()
    await expect(page.locator(".slots li")).to_have_count(12)
    await sound(page, "free")
    await page.get_by_role("link", name="Week", exact=True).click()
    await page.get_by_label("Instructor").fill(INA)
    await page.get_by_role("button", name="Show").click()
    await page.get_by_role("link", name="Ladders").first.click()
    await sound(page, "class")
    await page.get_by_role("link", name="Change the instructor").click()
    await page.get_by_label("Who presents instead").select_option(TOM)
    await sound(page, "substitute")
    await page.get_by_role("button", name="Change the instructor").click()
    await expect(page.get_by_role("status")).to_contain_text("Tom Okoro presents this class now")
    await expect(page.locator(".people")).to_contain_text(TOM)
