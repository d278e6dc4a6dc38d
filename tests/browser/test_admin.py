"""An administrator's first day in a real browser: link, password, home, out; by keyboard too."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from app.services.users import Newcomer, Users
from tests.browser.conftest import SCREENSHOTS, Opener, Service

pytestmark = pytest.mark.asyncio(loop_scope="session")

ADA, PASSWORD = "ada@example.com", "seven quiet herons wade"
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1200, "height": 800}},
    "dark": {"viewport": {"width": 1200, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 375, "height": 720}, "device_scale_factor": 2, "has_touch": True},
}
PATHS = ("", "account", "permissions", "users", "users/invite", "nothing/here")


@pytest.fixture
def users(service: Service) -> Users:
    return service.house.users


async def _link(users: Users, email: str = ADA, role: str = "system-administrator") -> str:
    actor = await users.commanding("default", make=True)
    return (await users.invite(actor, Newcomer(email, "Ada Lovelace", [role]))).link


async def _come_in(page: Page) -> None:
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_label("The same again").fill(PASSWORD)
    await page.get_by_role("button", name="Set the password").click()
    await page.get_by_label("E-mail address").fill(ADA)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Good to see you, Ada Lovelace")


async def test_from_the_link_to_home_and_out_and_nothing_is_left_behind(
    users: Users, open_page: Opener
) -> None:
    page = await open_page(await _link(users))
    await _come_in(page)
    await page.get_by_role("navigation", name="Pages").get_by_role("link", name="Users").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Users")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("status")).to_have_text("You are signed out.")
    for _ in range(3):
        await page.go_back()
        await expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
        await expect(page.get_by_text("Ada Lovelace")).to_have_count(0)


async def test_an_administrator_invites_a_colleague_and_narrows_a_permission(
    users: Users, open_page: Opener
) -> None:
    page = await open_page(await _link(users))
    await _come_in(page)
    await page.get_by_role("link", name="Invite a second administrator").click()
    await page.get_by_label("E-mail address").fill("ben@example.com")
    await page.get_by_label("Instructor", exact=True).check()
    await page.get_by_role("button", name="Invite").click()
    await expect(page.locator("#link")).to_contain_text("/admin/welcome?link=")
    await page.get_by_role("link", name="Done").click()
    await page.get_by_label("Permission", exact=True).select_option(label="Edge Integrations - Manage")
    await page.get_by_label("User as Instructor").check()
    await page.get_by_role("button", name="Give the permission").click()
    await expect(page.get_by_role("alert")).to_contain_text("cannot be constrained")
    await expect(page.get_by_label("User as Instructor")).to_be_checked()
    await page.get_by_label("Permission", exact=True).select_option(label="Roster - Manage")
    await page.get_by_role("button", name="Give the permission").click()
    await expect(page.get_by_role("status")).to_have_text("The permission is given.")
    await expect(page.get_by_text("only classes that this user teaches")).to_be_visible()
    await page.get_by_role("link", name="Deactivate").click()
    await page.get_by_role("button", name="Deactivate").click()
    await expect(page.get_by_role("status")).to_have_text("The user is deactivated.")


async def test_the_whole_way_by_keyboard_alone(users: Users, open_page: Opener) -> None:
    page = await open_page(await _link(users))
    keys = page.keyboard
    await keys.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await keys.press("Enter")
    for text in (PASSWORD, PASSWORD):
        await keys.press("Tab")
        await keys.type(text)
    await keys.press("Enter")
    await expect(page.get_by_role("status")).to_have_text("Your password is set. Sign in with it.")
    for text in ("", ADA, PASSWORD):
        await keys.press("Tab")
        await keys.type(text)
    await keys.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Good to see you")
    for _ in range(30):
        await keys.press("Tab")
        if await page.evaluate("document.activeElement.textContent") == "Sign out":
            break
    await keys.press("Enter")
    await expect(page.get_by_role("status")).to_have_text("You are signed out.")


@pytest.mark.parametrize("look", LOOKS)
async def test_every_page_is_without_barriers_and_fits(users: Users, open_page: Opener, look: str) -> None:
    page = await open_page(await _link(users), **LOOKS[look])
    await _check(page, f"admin-{look}-welcome")
    await page.goto(urlsplit(page.url)._replace(path="/admin/login", query="").geturl())
    await page.get_by_label("E-mail address").fill(ADA)
    await page.get_by_label("Password").fill("not the password")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await _check(page, f"admin-{look}-login")
    await page.goto(await _again(users))
    await _come_in(page)
    home = page.url
    for path in PATHS:
        await page.goto(home + path)
        await _check(page, f"admin-{look}-{path.replace('/', '-') or 'home'}")
    await page.goto(home + "users")
    await page.get_by_role("link", name="zoe@example.com").click()
    await _check(page, f"admin-{look}-user")
    await page.get_by_role("link", name="Deactivate").click()
    await _check(page, f"admin-{look}-confirm")


async def _again(users: Users) -> str:
    """A fresh link for Ada, and a colleague for the lists."""
    actor = await users.commanding()
    await users.invite(actor, Newcomer("zoe@example.com", "", ["instructor", "auditor"]))
    ada = next(listed.user for listed in await users.list(actor) if listed.user.email == ADA)
    return (await users.reset(actor, ada.id, ada.revision)).link


async def _check(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{name} scrolls sideways by {wide}"
    found = (await Axe().run(page)).response["violations"]
    serious = [one["id"] for one in found if one["impact"] in ("serious", "critical")]
    assert not serious, f"{name}: {found}"
