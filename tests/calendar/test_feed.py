"""The calendar address, as calendar programs of others read it."""

import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import vobject

from app.domain.actor import Actor, Constraint, Grant
from app.domain.permissions import Scope
from app.main import create_app
from app.services.substitutes import Change
from app.settings import Settings
from tests.admin.conftest import BASE, SECRET, Office
from tests.conftest import Hands, serving
from tests.services.scheduling import INA, TEN, TOM, Scheduler, hire, planner

WILD = "Brandschutz 防火 حريق 🔥, Teil 1; “a\\b”\r\nzweite Zeile\x07\u2028dritte"


@pytest.fixture
async def office(sqlite_url: str, clock: Hands) -> AsyncIterator[Office]:
    clock.now = TEN - timedelta(hours=2)
    app = create_app(Settings(database_url=sqlite_url, secret_key=SECRET, public_url=BASE), clock)
    async with app.router.lifespan_context(app):
        yield Office(app, clock)


@pytest.fixture
async def taught(office: Office) -> Scheduler:
    made = await office.house.clients.add("lms")
    caller = await office.house.access.basic(made.client_id, made.client_secret, "127.0.0.1")
    await hire(office.house, caller, INA, TOM)
    for email in (INA, TOM):
        await office.hire(email, "instructor")
    return Scheduler(office.house, caller)


def as_person(taught: Scheduler, email: str = INA) -> Actor:
    own = Grant(Scope.ILT_SESSIONS_VIEW, Constraint(own_classes=True))
    return Actor(taught.caller.tenant_id, "user", email, (own,), person_key=email.casefold())


async def address(office: Office, taught: Scheduler, email: str = INA) -> str:
    """The path of a new address of this person."""
    return httpx.URL((await office.house.feeds.make(as_person(taught, email))).url).path


async def events(office: Office, path: str) -> dict[str, Any]:
    """What a parser of others makes of it: events by UID."""
    answer = await office.browser().get(path)
    assert answer.status_code == 200, answer.text
    calendar = vobject.readOne(answer.content.decode())
    return {event.uid.value: event for event in calendar.contents.get("vevent", [])}


async def test_b23_a_moved_and_a_cancelled_class_keep_their_uid_and_count_up(
    office: Office, taught: Scheduler
) -> None:
    session_id = await taught(0, 1, INA, external_id="one")
    path = await address(office, taught)
    ((uid, first),) = (await events(office, path)).items()
    await taught(24, 1, INA, external_id="one")
    ((same, moved),) = (await events(office, path)).items()
    await office.house.sessions.cancel(taught.caller, "one")
    ((still, gone),) = (await events(office, path)).items()
    assert uid == same == still == f"session-{session_id}"
    assert [int(e.sequence.value) for e in (first, moved, gone)] == [1, 2, 3]
    assert [e.status.value for e in (first, moved, gone)] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert (first.dtstart.value, moved.dtstart.value) == (TEN, TEN + timedelta(days=1))
    office.clock.move(days=31)
    assert await events(office, path) == {}


async def test_b23_after_a_change_of_instructor_the_old_calendar_hears_of_it_and_the_new_one_has_it(
    office: Office, taught: Scheduler
) -> None:
    session_id = await taught(0, 1, INA)
    old, new = await address(office, taught), await address(office, taught, TOM)
    assert await events(office, new) == {}
    await office.house.substitutes.change_instructor(
        planner(taught.caller.tenant_id), session_id, Change(INA, TOM)
    )
    ((uid, gone),), ((same, come),) = (
        (await events(office, old)).items(),
        (await events(office, new)).items(),
    )
    assert uid == same
    assert (gone.status.value, come.status.value) == ("CANCELLED", "CONFIRMED")
    assert int(gone.sequence.value) == int(come.sequence.value) == 2


async def test_names_of_every_script_and_control_characters_come_through_folded(
    office: Office, taught: Scheduler
) -> None:
    await taught(0, 1, INA, title=WILD * 3, description=WILD * 40)
    answer = await office.browser().get(await address(office, taught))
    lines = answer.content.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert b"\x07" not in answer.content
    assert all(b"\n" not in line for line in lines)
    (event,) = vobject.readOne(answer.content.decode()).contents["vevent"]
    assert event.summary.value.startswith("Brandschutz 防火 حريق 🔥, Teil 1; “a\\b”\nzweite Zeile\ndritte")


async def test_nobodys_personal_link_is_in_it(office: Office, taught: Scheduler) -> None:
    session_id = await taught(0, 1, INA, external_id="x")
    link = await office.house.launches.launch(taught.caller, "x", TOM, "c")
    await taught(0, 1, INA, external_id="x", title=f"Class {link}", description=f"Come: <{link}>!")
    answer = await office.browser().get(await address(office, taught))
    assert "/join/" not in answer.text.replace("\r\n ", "")
    (event,) = vobject.readOne(answer.text).contents["vevent"]
    assert event.url.value == f"{BASE}/admin/schedule/{session_id}"
    assert event.url.value in event.description.value


async def test_an_unchanged_calendar_is_not_sent_again(office: Office, taught: Scheduler) -> None:
    await taught(0, 1, INA, external_id="x")
    path, browser = await address(office, taught), office.browser()
    first = await browser.get(path)
    assert first.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "private" in first.headers["cache-control"]
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in first.text
    office.clock.move(minutes=90)
    for known in (first.headers["etag"], f'"x", W/{first.headers["etag"]}', "*"):
        again = await browser.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    await taught(1, 1, INA, external_id="x")
    assert (await browser.get(path, headers={"If-None-Match": first.headers["etag"]})).status_code == 200
    head = await browser.head(path)
    assert (head.status_code, head.content) == (200, b"")


async def test_a_revoked_or_replaced_address_is_worth_nothing_at_once(
    office: Office, taught: Scheduler
) -> None:
    await taught(0, 1, INA)
    first = await address(office, taught)
    second = await address(office, taught)
    browser = office.browser()
    assert (await browser.get(first)).status_code == 404
    assert (await browser.get(second)).status_code == 200
    await office.house.feeds.revoke(as_person(taught))
    gone = await browser.get(second)
    assert (gone.status_code, gone.headers["cache-control"]) == (404, "private, no-cache")
    assert "Fire" not in gone.text
    for forged in ("/calendar/x.ics", f"/calendar/{'a' * 5000}.ics", "/calendar/%00.ics", "/calendar/ü.ics"):
        assert (await browser.get(forged)).status_code == 404


async def test_a_users_calendar_ends_with_the_user(office: Office, taught: Scheduler) -> None:
    await taught(0, 1, INA)
    path, admin = await address(office, taught), await office.commanding()
    (ina,) = [u for u in await office.house.users.list(admin) if u.user.key == INA.casefold()]
    await office.house.users.take(admin, ina.user.id, ina.user.revision, ina.given[0].id)
    assert (await office.browser().get(path)).status_code == 404


async def test_the_address_is_kept_as_a_digest(office: Office, taught: Scheduler) -> None:
    from sqlalchemy import select

    from app.db.tables import audit, calendar_feeds

    token = (await address(office, taught)).removeprefix("/calendar/").removesuffix(".ics")
    async with office.house.db.read() as tx:
        stored = (await tx.execute(select(calendar_feeds))).one()
        said = (await tx.execute(select(audit.c.details, audit.c.action))).all()
    assert token.encode() not in stored.digest
    assert token not in str(said)
    assert "calendar.address_made" in str(said)


async def test_its_size_has_an_end(office: Office, taught: Scheduler, monkeypatch: Any) -> None:
    monkeypatch.setattr("app.services.feeds.MOST", 3)
    for n in range(5):
        await taught(n, 1, INA, description="x" * 60_000)
    answer = await office.browser().get(await address(office, taught))
    assert answer.text.count("BEGIN:VEVENT") == 3
    assert len(answer.content) < 3 * 4_000


def test_a_calendar_client_of_others_subscribes_and_follows(sqlite_url: str, tmp_path: Path) -> None:
    """vdirsyncer fetches the address over HTTP, as a phone or a computer would, twice."""
    with serving(Settings(database_url=sqlite_url, secret_key=SECRET)) as server:
        begins = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
        with httpx.Client(base_url=server.base_url, auth=server.auth) as lms:
            wanted = {"SessionId": "one", "Title": WILD, "CreatorEmail": "a@example.com"}
            lms.post("/instructor", json={"Email": INA, "FirstName": "Ina", "LastName": "Ruiz"})
            url = _signed_up(server.settings)
            for day in (0, 1):
                start = begins + timedelta(days=day)
                times = {"DateBegin": _wire(start), "DateEnd": _wire(start + timedelta(hours=1))}
                assert lms.post("/session", json={**wanted, **times}).status_code == 200
                _synchronize(tmp_path, url)
                (file,) = (tmp_path / "classes").glob("*.ics")
                assert f"DTSTART:{start:%Y%m%dT%H%M%SZ}" in file.read_text()
    assert "SUMMARY:Brandschutz 防火 حريق" in file.read_text()


def _signed_up(settings: Settings) -> str:
    """Ina's address, in the running service's database."""
    import asyncio

    from app.services.users import Newcomer
    from app.wiring import open_house

    async def made() -> str:
        async with open_house(settings) as house:
            admin = await house.users.commanding()
            await house.users.invite(admin, Newcomer(INA, "Ina", ["instructor"]))
            own = Grant(Scope.ILT_SESSIONS_VIEW, Constraint(own_classes=True))
            ina = Actor(admin.tenant_id, "user", INA, (own,), person_key=INA.casefold())
            return (await house.feeds.make(ina)).url

    return asyncio.run(made())


def _synchronize(folder: Path, url: str) -> None:
    config = folder / "config"
    config.write_text(
        f'[general]\nstatus_path = "{folder}/status"\n'
        '[pair classes]\na = "here"\nb = "there"\ncollections = null\nconflict_resolution = "b wins"\n'
        f'[storage here]\ntype = "filesystem"\npath = "{folder}/classes"\nfileext = ".ics"\n'
        f'[storage there]\ntype = "http"\nurl = "{url}"\n'
    )
    (folder / "classes").mkdir(exist_ok=True)
    for command in ("discover", "sync"):
        program = [sys.executable, "-m", "vdirsyncer", "-c", str(config), command]
        done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr


def _wire(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
