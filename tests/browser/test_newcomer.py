"""From an empty install to the first class, in the browser only, reading nothing but the pages."""

import base64
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Error, Page, expect

from app.simulators.lync import DEFAULT_PASSWORD, DEFAULT_USER, LyncSimulator
from tests.browser.conftest import SCREENSHOTS, Opener
from tests.ops.conftest import ROOT, _free_port

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

ADA, PASSWORD = "ada@example.com", "seven quiet herons wade"
TRAINER = "tara.trainer@contoso.example"
LOOKS = {"light": ("light", 1200), "dark": ("dark", 1200), "phone": ("light", 375)}


@dataclass
class Install:
    """An install with nothing in it: its address, its command, and the Lync server of the company."""

    url: str
    environment: dict[str, str]
    lync: LyncSimulator

    def vilt(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "app", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True
        ).stdout


@pytest.fixture
def install(tmp_path: Path) -> Iterator[Install]:
    port = _free_port()
    with LyncSimulator() as lync:
        lync.add_person(TRAINER, "Tara Trainer")
        environment = {k: v for k, v in os.environ.items() if not k.startswith("VILT_")} | {
            "VILT_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/vilt.db",
            "VILT_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "VILT_ALLOW_PRIVATE_ENDPOINTS": "true",
            "VILT_PROVIDER_CA_FILE": str(lync.ca_path),
        }
        made = Install(environment["VILT_PUBLIC_URL"], environment, lync)
        made.vilt("migrate")
        serve = [sys.executable, "-m", "app", "serve", "--port", str(port)]
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen(serve, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
            try:
                _wait_until_ready(made.url)
                yield made
            finally:
                process.terminate()
                process.wait(timeout=30)


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise RuntimeError("the service did not start")


async def _come_in(install: Install, open_page: Opener) -> Page:
    """By the one-time link of `vilt users add`."""
    said = install.vilt("users", "add", ADA, "--role", "system-administrator")
    page = await open_page(next(word for word in said.split() if "/admin/welcome?" in word))
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_label("The same again").fill(PASSWORD)
    await page.get_by_role("button", name="Set the password").click()
    await page.get_by_label("E-mail address").fill(ADA)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Good to see you")
    return page


async def _tab_to(page: Page, name: str) -> None:
    """With the keyboard only: on to what is called so, as a screen reader would say it."""
    spoken = "e => e ? (e.labels?.[0]?.innerText || e.innerText || '').trim() : ''"
    for _ in range(80):
        await page.keyboard.press("Tab")
        said = await page.evaluate(f"({spoken})(document.activeElement)")
        if said == name:
            return
    raise AssertionError(f"the keyboard does not reach “{name}”")


async def _look(page: Page, name: str) -> None:
    """Its picture in every look; axe finds nothing grave, and nothing has to be scrolled sideways."""
    SCREENSHOTS.mkdir(exist_ok=True)
    for look, (scheme, width) in LOOKS.items():
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await page.set_viewport_size({"width": width, "height": 800})
        await page.screenshot(path=SCREENSHOTS / f"{name}-{look}.png", full_page=True)
        found = (await Axe().run(page)).response["violations"]
        grave = [
            (one["id"], [node["html"] for node in one["nodes"]])
            for one in found
            if one["impact"] in {"serious", "critical"}
        ]
        assert grave == [], (name, look)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, look)
    await page.emulate_media(color_scheme="light")
    await page.set_viewport_size({"width": 1200, "height": 800})


async def _set_up_by_keyboard(page: Page, install: Install) -> None:
    """MS Lync Preferences: once with a wrong password, then with the right one."""
    await _tab_to(page, "Learning Preferences")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Learning Preferences")
    await _tab_to(page, "MS Lync Preferences")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Nothing is set up yet.")).to_be_visible()
    await _look(page, "preferences-empty")
    await _tab_to(page, "MS Lync Username")
    await page.keyboard.type(DEFAULT_USER)
    await _tab_to(page, "Password")
    await page.keyboard.type("not-the-password")
    await _tab_to(page, "API Endpoint")
    await page.keyboard.type(install.lync.base_url)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("This step failed: The account signed in.")
    await expect(page.get_by_label("API Endpoint")).to_have_value(install.lync.base_url)
    await expect(page.get_by_label("Password")).to_have_value("")
    await _look(page, "preferences-failed")
    await _tab_to(page, "Password")
    await page.keyboard.type(DEFAULT_PASSWORD)
    await _tab_to(page, "Test connection")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="The test went well")).to_be_visible(timeout=30_000)
    await _tab_to(page, "Password")
    await page.keyboard.type(DEFAULT_PASSWORD)
    await _tab_to(page, "Save")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Type this into your LMS", timeout=30_000)


async def _add_instructors(page: Page) -> None:
    await page.get_by_role("link", name="Add instructors").click()
    await expect(page.get_by_text("There are no instructors yet.")).to_be_visible()
    await _look(page, "vendor-empty")
    await page.get_by_role("link", name="Add an instructor").click()
    for label, text in (
        ("E-mail address", "nobody@contoso.example"),
        ("First name", "No"),
        ("Last name", "B"),
    ):
        await page.get_by_label(label).fill(text)
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("e-mail address")
    await _look(page, "instructor-refused")
    for label, text in (("E-mail address", TRAINER), ("First name", "Tara"), ("Last name", "Trainer")):
        await page.get_by_label(label).fill(text)
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_role("status").first).to_have_text("Tara Trainer is an instructor now.")
    await _look(page, "vendor")


async def test_a_newcomer_sets_up_ms_lync_and_holds_the_first_class(
    install: Install, open_page: Opener
) -> None:
    page = await _come_in(install, open_page)
    await _set_up_by_keyboard(page, install)
    await _look(page, "credential")
    typed = [
        await page.get_by_label(name, exact=True).input_value()
        for name in ("Base URL", "User name", "Password")
    ]
    await _add_instructors(page)
    base_url, user, password = typed
    begins = datetime.now(UTC)
    wanted = {
        "SessionId": "first-class",
        "Title": "The first class",
        "CreatorEmail": ADA,
        "DateBegin": f"{begins:%Y-%m-%dT%H:%M:%S}",
        "DateEnd": f"{begins + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}",
        "InstructorEmails": [TRAINER],
    }
    code = base64.urlsafe_b64encode(TRAINER.encode()).decode()
    async with httpx.AsyncClient(base_url=base_url, auth=(user, password), timeout=20) as lms:
        made = await lms.post("/session", json=wanted)
        assert made.status_code == 200, made.text
        link = (await lms.get(f"/session/first-class/user/{code}/url")).json()["data"]["joinUrl"]
    (meeting,) = [one for one in install.lync.meetings() if one["subject"] == "The first class"]
    assert TRAINER in str(meeting)
    launched, asked = await open_page("about:blank"), list[str]()
    launched.on("request", lambda request: asked.append(request.url))
    with suppress(Error):  # the company's meeting place is not on this machine
        await launched.goto(link)
    assert asked == [link, meeting["joinUrl"]]


async def test_the_health_shows_its_time_in_the_readers_zone_and_the_name_of_the_zone(
    install: Install, open_page: Opener
) -> None:
    page = await _come_in(install, open_page)
    await page.goto(f"{install.url}/admin/preferences/lync")
    for label, text in (
        ("MS Lync Username", DEFAULT_USER),
        ("Password", DEFAULT_PASSWORD),
        ("API Endpoint", install.lync.base_url),
    ):
        await page.get_by_label(label).fill(text)
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("link", name="I have copied it").click(timeout=30_000)
    await expect(page.get_by_text("Everything worked when it was last tried")).to_contain_text("CET")
    await expect(page.get_by_text("Checked again every day")).to_be_visible()
    await expect(
        page.get_by_text("The account's name shows in the address of the web client.")
    ).to_be_visible()
    await _look(page, "preferences")
    await page.get_by_label("API Endpoint").fill("typed-and-not-meant.example")
    await page.get_by_role("link", name="Cancel").click()
    await expect(page.get_by_label("API Endpoint")).to_have_value(install.lync.base_url)
    await page.get_by_text("More settings").click()
    await expect(page.get_by_label("Days a meeting outlives its class")).to_have_value("14")
    await _look(page, "preferences-more")
