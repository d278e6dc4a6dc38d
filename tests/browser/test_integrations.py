"""Marketplace, Integrate, vendors and lists in a real browser: one person's tasks from start to end."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from app.services.users import Newcomer
from tests.browser.conftest import SCREENSHOTS, Opener, Service

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

ADA, PASSWORD = "ada@example.com", "seven quiet herons wade"
LOOKS = {"light": ("light", 1200), "dark": ("dark", 1200), "phone": ("light", 375)}


async def _come_in(service: Service, open_page: Opener) -> Page:
    actor = await service.house.users.commanding("default", make=True)
    made = await service.house.users.invite(actor, Newcomer(ADA, "Ada", ["system-administrator"]))
    await service.house.logins.accept(made.link.partition("link=")[2], PASSWORD)
    page = await open_page(f"{service.url}/admin/login")
    await page.get_by_label("E-mail address").fill(ADA)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Good to see you")
    return page


async def _look(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    for look, (scheme, width) in LOOKS.items():
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await page.set_viewport_size({"width": width, "height": 800})
        await page.screenshot(path=SCREENSHOTS / f"{name}-{look}.png", full_page=True)
        found = (await Axe().run(page)).response["violations"]
        assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == [], (name, look)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, look)
    await page.emulate_media(color_scheme="light")
    await page.set_viewport_size({"width": 1200, "height": 800})


async def test_install_activate_deactivate_and_activate_again(service: Service, open_page: Opener) -> None:
    page = await _come_in(service, open_page)
    await page.get_by_role("navigation", name="Pages").get_by_role("link", name="Edge Marketplace").click()
    await _look(page, "marketplace")
    await page.get_by_role("main").get_by_role("link", name="Practice room").click()
    await _look(page, "offer")
    await page.get_by_label("Name").fill("Room for Japan")
    await page.get_by_role("button", name="Install").click()
    await expect(page.get_by_role("status").first).to_contain_text("Fill in its settings")
    await _look(page, "integration-installed")
    await page.get_by_label("Or percent of the class").fill("80")
    await page.get_by_role("button", name="Save and activate").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Type this into your LMS")
    await page.get_by_role("button", name="Copy Base URL").click()
    await expect(page.locator("#copied")).not_to_be_empty()
    await page.get_by_role("link", name="I have copied it").click()
    await _look(page, "integration")
    await page.get_by_role("link", name="Vendor and instructors").click()
    await page.get_by_role("link", name="Its integration in Edge Integrate").click()
    await page.get_by_role("link", name="Deactivate").click()
    await _look(page, "integration-deactivate")
    await page.get_by_role("button", name="Deactivate").click()
    await expect(page.get_by_role("status").first).to_contain_text("and so is its vendor")
    await page.get_by_role("button", name="Save and activate again").click()
    await expect(page.get_by_role("status").first).to_contain_text("active")
    await page.get_by_role("navigation", name="Pages").get_by_role("link", name="Edge Integrate").click()
    await _look(page, "integrations")
    await page.get_by_role("navigation", name="Pages").get_by_role("link", name="ILT Vendors").click()
    await _look(page, "vendors")


@pytest.mark.parametrize("script", [True, False])
async def test_a_list_is_previewed_imported_and_exported(
    service: Service, open_page: Opener, tmp_path: Path, script: bool
) -> None:
    page = await _come_in(service, open_page)
    await page.goto(f"{service.url}/admin/vendors/new")
    client = await service.house.clients.add("lms")
    assert client.client_id
    await page.goto(f"{service.url}/admin/vendors")
    await page.get_by_role("link", name="Practice room").click()
    vendor = page.url
    if not script:
        cookies = await page.context.cookies()
        page = await open_page("about:blank", java_script_enabled=False)
        await page.context.add_cookies(cookies)  # type: ignore[arg-type]
        await page.goto(vendor)
    people = "".join(f"p{n:03}@x.example;Zoë;Müller {n};\r\n" for n in range(620))
    file = tmp_path / "people.csv"
    file.write_bytes(("E-Mail;First name;Last name;Active\r\n" + people + "x;=cmd;;\r\n").encode("cp1252"))
    await page.get_by_role("link", name="Import").click()
    await page.get_by_label("File").set_input_files(file)
    await page.get_by_role("button", name="Show what is in it").click()
    await expect(page.get_by_text("620 rows can be imported, 1 cannot")).to_be_visible()
    if script:
        await _look(page, "import-preview")
    await page.get_by_role("button", name="Import 620 rows").click()
    if script:
        await expect(page.get_by_role("status")).to_have_text(
            re.compile("620 added.*All rows"), timeout=60_000
        )
        await _look(page, "import-report")
        async with page.expect_download() as downloading:
            await page.get_by_role("link", name="Download the whole report").click()
        report = Path(await (await downloading.value).path()).read_text("utf-8-sig")
        assert len(report.splitlines()) == 621
    else:
        await expect(page.get_by_role("status")).to_contain_text("120 rows are left", timeout=60_000)
        await page.get_by_role("button", name="Go on with the next rows").click()
        await expect(page.get_by_role("status")).to_contain_text("That was the last row", timeout=60_000)
    await page.get_by_role("link", name="To the instructors").click()
    await expect(page.get_by_role("row")).to_have_count(51)
    await page.get_by_label("Name or e-mail address").fill("Müller 619")
    await page.get_by_role("button", name="Search").click()
    await expect(page.get_by_role("row")).to_have_count(2)
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Export as CSV").click()
    exported = Path(await (await downloading.value).path()).read_text("utf-8-sig")
    assert len(exported.splitlines()) == 621


async def test_a_vendor_made_by_hand_gets_instructors_whom_nobody_checks(
    service: Service, open_page: Opener
) -> None:
    page = await _come_in(service, open_page)
    await page.goto(f"{service.url}/admin/vendors/new")
    await page.get_by_label("Name").fill("Guest lecturers")
    await page.get_by_role("button", name="Add").click()
    await expect(page.get_by_text("nobody is checked there")).to_be_visible()
    await _look(page, "vendor-by-hand")
    await page.get_by_role("link", name="Add an instructor").click()
    await page.get_by_label("E-mail address").fill("ina@x.example")
    await page.get_by_label("First name").fill("Ina")
    await page.get_by_label("Last name").fill("Ruiz")
    await _look(page, "instructor-by-hand")
    await page.get_by_role("button", name="Add", exact=True).click()
    await page.get_by_role("link", name="ina@x.example").click()
    await page.get_by_label("E-mail address").fill("ina.ruiz@x.example")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("link", name="ina.ruiz@x.example").click()
    await page.get_by_role("link", name="Deactivate").click()
    await page.get_by_role("button", name="Deactivate").click()
    row = page.get_by_role("row").filter(has_text="ina.ruiz@x.example")
    await expect(row).to_contain_text("deactivated")
