"""Waiting for a class in a real browser: the countdown ends in the room."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opener, Running
from tests.join.portal import Portal

pytestmark = pytest.mark.asyncio(loop_scope="session")

DANA = "dana.lee@example.com"


async def test_a_learner_waits_and_is_taken_into_the_room(portal: Portal, open_page: Opener) -> None:
    session = await portal.plan(begins_in=4 / 60 + 0.02)
    page = await open_page(await portal.url(session, DANA))
    await expect(page.get_by_text("You are early")).to_be_visible()
    await expect(page.get_by_role("timer")).to_contain_text("second")
    await expect(page.get_by_role("button", name="Join")).to_be_enabled(timeout=15_000)


async def test_the_hours_are_those_of_the_reader_and_name_the_zone(portal: Portal, open_page: Opener) -> None:
    """Pain B12."""
    times = {"DateBegin": "2031-05-14T15:00:00", "DateEnd": "2031-05-14T16:30:00"}
    url = await portal.url(await portal.plan(**times), DANA)
    in_phoenix = await open_page(url, timezone_id="America/Phoenix", locale="en-US")
    await expect(in_phoenix.locator(".hours")).to_contain_text("8:00 AM")
    await expect(in_phoenix.locator(".hours")).to_contain_text("Mountain Standard Time")
    in_tokyo = await open_page(url, timezone_id="Asia/Tokyo", locale="ja-JP")
    await expect(in_tokyo.locator(".hours")).to_contain_text("15 May 2031, 0:00")
    await expect(in_tokyo.locator(".hours")).to_contain_text("Japan Standard Time")
    plain = await open_page(url, java_script_enabled=False)
    await expect(plain.locator(".hours")).to_contain_text("Wednesday 14 May 2031, 15:00 UTC")


async def test_a_class_that_is_moved_shows_its_new_hour(
    portal: Portal, open_page: Opener, clock: Running
) -> None:
    session = await portal.plan(begins_in=3 / 60 + 0.02)
    page = await open_page(await portal.url(session, DANA))
    await portal.plan(session_id=session, begins_in=90, Title="Fire safety, later")
    await expect(page.get_by_role("timer")).to_contain_text("hour", timeout=12_000)


async def test_a_class_that_is_cancelled_meanwhile_says_so(portal: Portal, open_page: Opener) -> None:
    session = await portal.plan(begins_in=2 / 60 + 0.02)
    page = await open_page(await portal.url(session, DANA))
    await portal.cancel(session)
    await expect(page.get_by_text("This class was cancelled.")).to_be_visible(timeout=12_000)


async def test_the_page_goes_on_without_javascript(portal: Portal, open_page: Opener) -> None:
    session = await portal.plan(begins_in=1 / 60 + 0.02)
    page = await open_page(await portal.url(session, DANA), java_script_enabled=False)
    await expect(page.get_by_text("needs JavaScript")).to_be_visible(timeout=12_000)
