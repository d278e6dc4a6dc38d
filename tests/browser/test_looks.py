"""How the pages look and read: no barrier that axe knows of, no sideways scrolling, light and dark."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.conftest import SCREENSHOTS, Opener
from tests.join.portal import Portal

pytestmark = pytest.mark.asyncio(loop_scope="session")

DANA, TEACHER = "dana.lee@example.com", "ina.ruiz@example.com"
LONG = "Fire safety for everybody who works at height, part one of seven: Wärmebildkameradrohnenführerschein"
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1100, "height": 800}},
    "dark": {"viewport": {"width": 1100, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 320, "height": 640}, "device_scale_factor": 2, "has_touch": True},
}
Way = Callable[[Portal, Opener, dict[str, Any]], Awaitable[Page]]


async def _waiting(portal: Portal, open_page: Opener, look: dict[str, Any]) -> Page:
    page = await open_page(await portal.url(await portal.plan(begins_in=95), DANA), **look)
    await expect(page.get_by_role("timer")).to_be_visible()
    return page


async def _waiting_for_days(portal: Portal, open_page: Opener, look: dict[str, Any]) -> Page:
    session = await portal.plan(begins_in=60 * 24 * 3, Title=LONG)
    page = await open_page(await portal.url(session, DANA), **look)
    await expect(page.get_by_role("timer")).to_be_visible()
    return page


async def _room(portal: Portal, open_page: Opener, look: dict[str, Any]) -> Page:
    record = {"Email": TEACHER, "FirstName": "Ina", "LastName": "Ruiz"}
    await portal.http.post("/instructor", json=record, auth=portal.auth)
    session = await portal.plan(begins_in=-1, Title=LONG)
    guests = [
        "zoë@example.com",
        TEACHER,
        "a.very.long.address.indeed.that.never.ends@example.com",
        "محمد@example.com",
    ]
    for guest in guests:
        await portal.http.post(f"{await portal.link(session, guest)}/room/enter")
    page = await open_page(await portal.url(session, DANA), **look)
    await page.get_by_role("button", name="Join").click()
    await expect(page.locator("#people .name")).to_have_count(5)
    return page


async def _room_of_instructor(portal: Portal, open_page: Opener, look: dict[str, Any]) -> Page:
    record = {"Email": TEACHER, "FirstName": "Ina", "LastName": "Ruiz"}
    await portal.http.post("/instructor", json=record, auth=portal.auth)
    session = await portal.plan(begins_in=-1)
    await portal.http.post(f"{await portal.link(session, DANA)}/room/enter")
    page = await open_page(await portal.url(session, TEACHER), **look)
    await expect(page.locator("#people .name")).to_have_count(1)
    return page


async def _cancelled(portal: Portal, open_page: Opener, look: dict[str, Any]) -> Page:
    session = await portal.plan()
    url = await portal.url(session, DANA)
    await portal.cancel(session)
    return await open_page(url, **look)


async def _over(portal: Portal, open_page: Opener, look: dict[str, Any]) -> Page:
    return await open_page(await portal.url(await portal.plan(begins_in=-300), DANA), **look)


async def _forged(portal: Portal, open_page: Opener, look: dict[str, Any]) -> Page:
    return await open_page(f"{portal.http.base_url}/join/forged", **look)


async def _preview(portal: Portal, open_page: Opener, look: dict[str, Any]) -> Page:
    url = await portal.url(await portal.plan(begins_in=-1), DANA)
    return await open_page(url, user_agent="Slackbot-LinkExpanding 1.0", **look)


WAYS: dict[str, Way] = {
    "waiting": _waiting,
    "waiting-days": _waiting_for_days,
    "room": _room,
    "room-instructor": _room_of_instructor,
    "cancelled": _cancelled,
    "over": _over,
    "forged": _forged,
    "preview": _preview,
}


@pytest.mark.parametrize("name", WAYS)
async def test_every_page_is_sound_in_every_look(portal: Portal, open_page: Opener, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    for look, settings in LOOKS.items():
        page = await WAYS[name](portal, open_page, settings)
        await page.screenshot(path=SCREENSHOTS / f"{name}-{look}.png", full_page=True)
        assert await _barriers(page) == [], look
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), look
        assert await page.locator("h1").count() == 1


async def _barriers(page: Page) -> list[tuple[str, list[str]]]:
    """What axe calls serious or critical, each with the elements it is about."""
    found = (await Axe().run(page)).response["violations"]
    return [
        (violation["id"], [node["html"] for node in violation["nodes"]])
        for violation in found
        if violation["impact"] in {"serious", "critical"}
    ]


async def test_dark_mode_is_dark(portal: Portal, open_page: Opener) -> None:
    async def brightness(scheme: str) -> int:
        page = await open_page(f"{portal.http.base_url}/join/forged", color_scheme=scheme)
        colour: str = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))

    assert await brightness("dark") < 150 < 600 < await brightness("light")
