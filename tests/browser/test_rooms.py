"""The practice room in real browsers: who is here, as it happens."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Opener, Running
from tests.join.portal import Portal

pytestmark = pytest.mark.asyncio(loop_scope="session")

DANA, ZOE = "dana.lee@example.com", "zoë@example.com"
SOON = 9_000  # milliseconds: two looks at the roster


async def people(page: Page, *names: str) -> None:
    await expect(page.locator("#people .name")).to_have_text(list(names), timeout=SOON)


async def test_two_people_see_each_other_come_and_go(portal: Portal, open_page: Opener) -> None:
    session = await portal.plan(begins_in=-1)
    dana = await open_page(await portal.url(session, DANA))
    zoe = await open_page(await portal.url(session, ZOE))
    await expect(dana.get_by_text("Nobody is here yet.")).to_be_visible()
    await dana.get_by_role("button", name="Join").click()
    await people(dana, f"{DANA} (you)")
    await people(zoe, "dana.lee")
    await zoe.get_by_role("button", name="Join").click()
    await people(dana, f"{DANA} (you)", "zoë")
    await expect(dana.locator("#news")).to_have_text("zoë is here.")
    await zoe.get_by_role("button", name="Leave").click()
    await people(dana, f"{DANA} (you)")
    await expect(dana.locator("#news")).to_have_text("zoë has left.")


async def test_leaving_and_coming_back_by_keyboard_alone(portal: Portal, open_page: Opener) -> None:
    page = await open_page(await portal.url(await portal.plan(begins_in=-1), DANA))
    await expect(page.get_by_role("button", name="Join")).to_be_enabled()
    await page.keyboard.press("Tab")
    for button in ("Leave", "Join", "Leave"):
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name=button)).to_be_focused()
    await people(page, f"{DANA} (you)")


async def test_closing_the_page_is_leaving(portal: Portal, open_page: Opener) -> None:
    session = await portal.plan(begins_in=-1)
    dana, zoe = [await open_page(await portal.url(session, who)) for who in (DANA, ZOE)]
    await dana.get_by_role("button", name="Join").click()
    await people(zoe, "dana.lee")
    await dana.close(run_before_unload=True)
    await people(zoe)


async def test_silence_ends_presence_and_a_heartbeat_brings_it_back(
    portal: Portal, open_page: Opener, clock: Running
) -> None:
    session = await portal.plan(begins_in=-1)
    dana, zoe = [await open_page(await portal.url(session, who)) for who in (DANA, ZOE)]
    await dana.get_by_role("button", name="Join").click()
    await people(zoe, "dana.lee")
    await dana.context.set_offline(True)
    clock.move(seconds=46)
    await people(zoe)
    await dana.context.set_offline(False)
    await expect(zoe.locator("#people .name")).to_have_text(["dana.lee"], timeout=25_000)


async def test_a_class_that_ends_thanks_everybody(portal: Portal, open_page: Opener, clock: Running) -> None:
    page = await open_page(await portal.url(await portal.plan(begins_in=-1), DANA))
    await page.get_by_role("button", name="Join").click()
    await expect(page.get_by_role("button", name="Leave")).to_be_visible()
    clock.move(hours=3)
    await expect(page.get_by_text("This class is over.")).to_be_visible(timeout=20_000)


async def test_a_name_that_looks_like_html_is_shown_as_text(portal: Portal, open_page: Opener) -> None:
    session = await portal.plan(begins_in=-1, Title="<img src=x onerror=alert(1)>")
    evil = "<b>bold</b>@example.com"
    page = await open_page(await portal.url(session, evil))
    await page.get_by_role("button", name="Join").click()
    await people(page, f"{evil} (you)")
    await expect(page.get_by_role("heading", level=1)).to_have_text("<img src=x onerror=alert(1)>")
