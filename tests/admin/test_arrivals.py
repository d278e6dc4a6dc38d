"""Who came and what was refused: in the audit trail, on both databases, and never endless."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest

from app.domain.arrivals import Arrival
from app.domain.errors import Throttled, UnknownCaller
from app.main import create_app
from app.services.audit import Entry, Wanted
from app.services.refusals import LAST, OF_A_TENANT, OF_ONE_NETWORK
from app.services.users import Newcomer, UserChange
from app.settings import Settings
from tests.admin.conftest import BASE, PASSWORD, SECRET, Office, post
from tests.conftest import Hands

ADA, NEW = "ada@example.com", "nine loud crows argue"


@pytest.fixture
async def office(database_url: str, clock: Hands) -> AsyncIterator[Office]:
    """On each database."""
    app = create_app(Settings(database_url=database_url, secret_key=SECRET, public_url=BASE), clock)
    async with app.router.lifespan_context(app):
        yield Office(app, clock)


async def _trail(office: Office, action: str) -> list[Entry]:
    """Oldest first; and the chain holds."""
    verdicts = await office.house.audit.verify()
    assert all(verdict.broken_at is None for verdict in verdicts)
    found = await office.house.audit.search(await office.commanding(), Wanted(action=action), None, 500)
    return found[::-1]


async def _id(office: Office, email: str) -> UUID:
    found = await office.house.users.list(await office.commanding())
    return next(one.user.id for one in found if one.user.email == email)


async def test_coming_and_going_stand_in_the_trail_with_who_when_and_where(office: Office) -> None:
    await office.hire(ADA, "auditor")
    browser = await office.sign_in(ADA)
    office.clock.move(minutes=3)
    await post(browser, "/admin/logout")
    opened, closed = await _trail(office, "login.")
    assert (opened.action, opened.actor, opened.address) == ("login.opened", f"user:{ADA}", "127.0.0.1")
    assert opened.after == {"by": "password"}
    assert opened.subject == closed.subject == f"user:{await _id(office, ADA)}"
    assert (closed.action, closed.at) == ("login.closed", office.clock.now)
    again = await office.sign_in(ADA)
    await post(again, "/admin/account/everywhere")
    assert [one.action for one in await _trail(office, "login.")][2:] == ["login.opened", "login.closed"]
    assert (await _trail(office, "login.closed"))[-1].after == {"where": "everywhere"}


async def test_it_is_shown_and_found_on_the_page_and_by_the_api(office: Office) -> None:
    await office.hire(ADA, "auditor")
    await office.browser().post("/admin/login", data={"email": ADA, "password": "not the right one"})
    browser = await office.sign_in(ADA)
    page = (await browser.get("/admin/audit", params={"action": "login.", "by": ADA})).text
    assert page.index("login.opened") < page.index("login.refused")
    assert f"unproven:{ADA}" in page
    assert "the password was wrong" in page
    found = (await browser.get("/api/v1/audit", params={"action": "login.refused"})).json()
    assert [one["actor"] for one in found["items"]] == [f"unproven:{ADA}"]
    assert "not the right one" not in page + str(found)


async def test_a_guesser_leaves_ten_rows_and_then_none(office: Office) -> None:
    await office.hire(ADA, "auditor")
    guesses = [
        office.browser().post("/admin/login", data={"email": ADA, "password": f"guess number {n}"})
        for n in range(25)
    ]
    answers = await asyncio.gather(*guesses)
    assert sorted({answer.status_code for answer in answers}) == [403, 429]
    rows = await _trail(office, "login.")
    assert [row.action for row in rows] == ["login.refused"] * 9 + ["login.throttled"]
    assert rows[-1].after["closed_to"] == "this network"


async def test_an_address_that_nobody_has_leaves_no_row_and_takes_as_long(office: Office) -> None:
    await office.hire(ADA, "auditor")
    took = []
    for email in (ADA, "nobody@example.com", "a password by mistake"):
        began = asyncio.get_running_loop().time()
        with pytest.raises(UnknownCaller):
            await office.house.logins.sign_in(email, "wrong wrong wrong", "192.0.2.1")
        took.append(asyncio.get_running_loop().time() - began)
    assert min(took) >= 0.249
    (row,) = await _trail(office, "login.")
    assert row.actor == f"unproven:{ADA}"


async def test_why_it_was_refused_is_said_in_the_trail_alone(office: Office) -> None:
    await office.hire(ADA, "auditor")
    shell, user = await office.commanding(), await _id(office, ADA)
    await office.house.users.change(shell, user, 1, UserChange(active=False))
    told = await office.browser().post("/admin/login", data={"email": ADA, "password": PASSWORD})
    assert "deactivated" not in told.text
    await office.house.users.change(shell, user, 2, UserChange(active=True))
    await office.house.users.reset(shell, user, 3)
    await office.browser().post("/admin/login", data={"email": ADA, "password": PASSWORD})
    whys = [row.after["why"] for row in await _trail(office, "login.")]
    assert whys == ["the user is deactivated", "no password is set"]


async def test_passwords_that_are_set_changed_or_refused_stand_in_the_trail(office: Office) -> None:
    made = await office.house.users.invite(await office.commanding(), Newcomer(ADA, "Ada", ["auditor"]))
    link = urlsplit(made.link).query.removeprefix("link=")
    fields = {"link": link, "password": PASSWORD, "again": PASSWORD}
    await office.browser().post("/admin/welcome", data=fields)
    browser = await office.sign_in(ADA)
    fields = {"old": "not the present one", "password": NEW, "again": NEW}
    await post(browser, "/admin/account/password", **fields)
    await post(browser, "/admin/account/password", **{**fields, "old": PASSWORD})
    rows = await _trail(office, "password.")
    assert [(row.action, row.actor, row.address) for row in rows] == [
        ("password.set", f"user:{ADA}", "127.0.0.1"),
        ("password.refused", f"unproven:{ADA}", "127.0.0.1"),
        ("password.changed", f"user:{ADA}", "127.0.0.1"),
    ]
    assert NEW not in str([row.after for row in rows])


async def test_a_deed_that_was_refused_stands_in_the_trail_with_its_reason(office: Office) -> None:
    await office.hire(ADA, "system-administrator")
    await office.hire("ben@example.com", "auditor")
    ada, ben = await office.sign_in(ADA), await office.sign_in("ben@example.com")
    path = f"/admin/users/{await _id(office, 'ben@example.com')}"
    await post(ada, f"{path}/role", revision=99, role="instructor")
    await post(ada, "/admin/users/invite", email="no address", role="auditor")
    await post(ben, "/admin/users/invite", email="x@example.com", role="auditor")
    await ada.post("/admin/logout", data={"form_token": "0" * 64})
    await ben.get("/admin/users")
    rows = await _trail(office, "deed.refused")
    assert [(row.actor, row.subject, row.after["status"]) for row in rows] == [
        (f"user:{ADA}", "POST /admin/users/{user_id}/role", 409),
        (f"user:{ADA}", "POST /admin/users/invite", 400),
        ("user:ben@example.com", "POST /admin/users/invite", 403),
        (f"user:{ADA}", "POST /admin/logout", 403),
    ]
    assert "Somebody else changed this" in rows[0].after["why"]
    assert rows[0].after["about"] == {"user_id": path.rpartition("/")[2]}
    assert "Users - Manage" in rows[2].after["why"]


async def test_a_machine_that_was_refused_stands_there_too(office: Office) -> None:
    made = await office.house.clients.add("machine", scopes=["ilt-vendors:view", "ilt-vendors:create"])
    async with office.browser() as machine:
        machine.auth = httpx.BasicAuth(made.client_id, made.client_secret)
        assert (await machine.post("/api/v1/vendors", json={"name": ""})).status_code >= 400
        assert (await machine.post("/api/v1/clients", json={})).status_code == 403
        assert (await machine.post("/api/v1/vendors", json={"name": "Good"})).status_code == 201
        machine.auth = httpx.BasicAuth(made.client_id, "wrong")
        assert (await machine.post("/api/v1/vendors", json={"name": "Bad"})).status_code == 401
    rows = await _trail(office, "deed.refused")
    assert [(row.actor, row.subject) for row in rows] == [
        (f"client:{made.client_id}", "POST /api/v1/vendors"),
        (f"client:{made.client_id}", "POST /api/v1/clients"),
    ]


async def test_what_fails_unforeseen_stands_there_too(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.hire(ADA, "system-administrator")
    ada = await office.sign_in(ADA)

    async def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(type(office.house.users), "invite", broken)
    failed = await post(ada, "/admin/users/invite", email="x@example.com", role="auditor")
    assert failed.status_code == 500
    (row,) = await _trail(office, "deed.refused")
    assert row.after == {"status": 500, "why": "Something went wrong."}


async def test_a_flood_of_refusals_is_written_down_up_to_a_bound_that_is_said(office: Office) -> None:
    await office.hire(ADA, "auditor")
    ada = await office.sign_in(ADA)
    signed = await office.house.logins.find(ada.cookies["__Host-vilt"], "192.0.2.1")
    assert signed
    for _ in range(OF_ONE_NETWORK + 10):
        await office.house.refusals.note(signed.actor, Arrival.DEED_REFUSED, "POST x", {"why": "y"})
    rows = await _trail(office, "deed.refused")
    assert len(rows) == OF_ONE_NETWORK
    assert rows[-1].after["note"] == LAST
    assert all("note" not in row.after for row in rows[:-1])
    office.clock.move(minutes=1)
    await office.house.refusals.note(signed.actor, Arrival.DEED_REFUSED, "POST x", {"why": "y"})
    assert len(await _trail(office, "deed.refused")) == OF_ONE_NETWORK + 1


async def test_a_flood_from_many_networks_is_bounded_too(office: Office) -> None:
    await office.hire(ADA, "auditor")
    actor = await office.commanding()
    for n in range(OF_A_TENANT + 20):
        there = replace(actor, address=f"192.0.{n // 250}.{n % 250}")
        await office.house.refusals.note(there, Arrival.DEED_REFUSED, "POST x", {"why": "y"})
    assert len(await _trail(office, "deed.refused")) == OF_A_TENANT


async def test_an_erased_person_stands_in_no_refusal_any_more(office: Office) -> None:
    await office.hire(ADA, "auditor")
    await office.browser().post("/admin/login", data={"email": ADA, "password": "not the right one"})
    await post(await office.sign_in(ADA), "/admin/users/invite", email="x@example.com", role="auditor")
    await office.house.privacy.erase(await office.commanding(), ADA)
    for row in await _trail(office, ""):
        assert ADA not in str(row)
        assert row.address == "" or row.actor.startswith("command:")


async def test_a_guesser_with_many_addresses_is_held_back_and_the_person_is_not(office: Office) -> None:
    await office.hire(ADA, "auditor")
    logins = office.house.logins
    entered = await logins.sign_in(ADA, PASSWORD, "203.0.113.9")
    guesses = [logins.sign_in(ADA, f"guess {n}", f"198.51.100.{n}") for n in range(40)]
    ended = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(type(one) is UnknownCaller for one in ended) == 30
    assert sum(isinstance(one, Throttled) for one in ended) == 10
    with pytest.raises(Throttled, match="a browser in which you were signed in before"):
        await logins.sign_in(ADA, PASSWORD, "198.51.100.200")
    assert await logins.sign_in(ADA, PASSWORD, "203.0.113.10", entered.mark)
    rows = await _trail(office, "login.throttled")
    assert [row.after["closed_to"] for row in rows] == ["every browser in which it was never signed in"]


async def test_whoever_is_held_back_comes_in_by_a_link_however_long_the_guessing_goes_on(
    office: Office,
) -> None:
    await office.hire(ADA, "auditor")
    logins, shell = office.house.logins, await office.commanding()
    guesses = [logins.sign_in(ADA, "a guess", f"203.0.113.{n}") for n in range(31)]
    ended = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(one, Throttled) for one in ended) == 1
    made = await office.house.users.reset(shell, await _id(office, ADA), 1)
    mark = await logins.accept(urlsplit(made.link).query.removeprefix("link="), NEW)
    assert await logins.sign_in(ADA, NEW, "192.0.2.77", mark)
    office.clock.move(minutes=16)
    assert await logins.sign_in(ADA, NEW, "192.0.2.78")


async def test_a_mark_is_good_for_its_own_account_and_time_only(office: Office) -> None:
    await office.hire(ADA, "auditor")
    await office.hire("eve@example.com", "auditor")
    logins = office.house.logins
    eves = (await logins.sign_in("eve@example.com", PASSWORD, "192.0.2.1")).mark
    mine = (await logins.sign_in(ADA, PASSWORD, "192.0.2.2")).mark
    for n in range(30):
        with pytest.raises(UnknownCaller):
            await logins.sign_in(ADA, "a guess", f"198.51.100.{n}")
    for mark in (
        eves,
        "",
        "x",
        "a.b.c",
        mine + "0",
        mine.replace(".", "", 1),
        "ü.99999999999.ß",
        "\ud800.1.x",
    ):
        with pytest.raises(Throttled):
            await logins.sign_in(ADA, PASSWORD, "192.0.2.3", mark)
    assert await logins.sign_in(ADA, PASSWORD, "192.0.2.3", mine)


async def test_a_known_browser_cannot_guess_for_ever_either(office: Office) -> None:
    await office.hire(ADA, "auditor")
    logins = office.house.logins
    mark = (await logins.sign_in(ADA, PASSWORD, "192.0.2.2")).mark
    for n in range(30):
        with pytest.raises(UnknownCaller):
            await logins.sign_in(ADA, "a guess", f"198.51.100.{n}", mark)
    with pytest.raises(Throttled):
        await logins.sign_in(ADA, "a guess", "198.51.100.99", mark)
    assert await logins.sign_in(ADA, PASSWORD, "192.0.2.9")


async def test_neighbours_in_the_same_network_do_not_close_an_account_to_a_known_browser(
    office: Office,
) -> None:
    await office.hire(ADA, "auditor")
    logins = office.house.logins
    mark = (await logins.sign_in(ADA, PASSWORD, "192.0.2.2")).mark
    for _ in range(10):
        with pytest.raises(UnknownCaller):
            await logins.sign_in(ADA, "a guess", "192.0.2.2")
    with pytest.raises(Throttled):
        await logins.sign_in(ADA, PASSWORD, "192.0.2.2")
    assert await logins.sign_in(ADA, PASSWORD, "192.0.2.2", mark)


async def test_a_browser_keeps_its_mark_when_it_signs_out(office: Office) -> None:
    await office.hire(ADA, "auditor")
    browser = await office.sign_in(ADA)
    mark = browser.cookies["__Host-vilt-known"]
    await post(browser, "/admin/logout")
    assert browser.cookies["__Host-vilt-known"] == mark
    assert (await browser.get("/admin/")).status_code == 303
