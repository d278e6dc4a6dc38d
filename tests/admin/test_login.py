"""Signing in, the one-time link, signing out, and what a cookie is worth."""

import asyncio
from urllib.parse import urlsplit

import pytest

from app.services.users import Newcomer
from tests.admin.conftest import PASSWORD, Office, form_token, post

ADA = "ada@example.com"


async def _invited(office: Office) -> str:
    made = await office.house.users.invite(
        await office.commanding(), Newcomer(ADA, "Ada", ["system-administrator"])
    )
    return made.link.removeprefix("https://bridge.example.com")


async def test_a_link_sets_a_password_once_and_signs_in(office: Office) -> None:
    link, browser = await _invited(office), office.browser()
    assert ADA in (await browser.get(link)).text
    fields = {
        "link": urlsplit(link).query.removeprefix("link="),
        "password": PASSWORD,
        "again": PASSWORD,
    }
    set_it = await browser.post("/admin/welcome", data=fields)
    assert set_it.headers["location"].endswith("admin/login?said=set")
    assert (await browser.get(link)).status_code == 404
    assert (await browser.post("/admin/welcome", data=fields)).status_code == 404
    entered = await browser.post("/admin/login", data={"email": ADA.upper(), "password": PASSWORD})
    assert entered.status_code == 303
    cookie = entered.headers["set-cookie"]
    assert cookie.startswith("__Host-vilt=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(cookie.split("; "))
    home = await browser.get("/admin/")
    assert "Good to see you, Ada" in home.text
    assert home.headers["cache-control"] == "no-store"
    assert "script-src 'self'" in home.headers["content-security-policy"]


async def test_a_link_is_too_old_after_three_days(office: Office) -> None:
    link = await _invited(office)
    office.clock.move(days=3)
    assert (await office.browser().get(link)).status_code == 404


async def test_of_two_who_use_a_link_at_once_one_is_told_no(office: Office) -> None:
    link = urlsplit(await _invited(office)).query.removeprefix("link=")
    done = await asyncio.gather(
        *(office.house.logins.accept(link, f"{PASSWORD} {n}") for n in range(2)), return_exceptions=True
    )
    assert sorted(isinstance(one, Exception) for one in done) == [False, True]


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "too short"),
        ("aaaaaaaaaaaaaaaa", "too few"),
        ("ada@example.com", "e-mail"),
        ("password123456", "first"),
        ("123456789012", "first"),
        ("x" * 300, "too long"),
    ],
)
async def test_a_weak_password_is_refused_with_its_reason(office: Office, password: str, says: str) -> None:
    link = urlsplit(await _invited(office)).query.removeprefix("link=")
    fields = {"link": link, "password": password, "again": password}
    answer = await office.browser().post("/admin/welcome", data=fields)
    assert answer.status_code == 400
    assert says in answer.text


@pytest.mark.parametrize("password", ["correct horse battery", "Ünïcödé-ŵörds", "83659204715593027461"])
async def test_no_kinds_of_characters_are_asked_for(office: Office, password: str) -> None:
    link = urlsplit(await _invited(office)).query.removeprefix("link=")
    await office.house.logins.accept(link, password)
    assert await office.house.logins.sign_in(ADA, password, "192.0.2.1")


async def test_an_unknown_user_is_told_the_same_as_a_wrong_password(office: Office) -> None:
    await office.hire(ADA, "auditor")
    answers = [
        await office.browser().post("/admin/login", data={"email": email, "password": "wrong wrong wrong"})
        for email in (ADA, "nobody@example.com", "no address", "nul\x00@example.com", "")
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert all("The e-mail address or the password is not correct." in answer.text for answer in answers)


async def test_guessing_is_slowed_down_for_one_account_from_one_network_only(office: Office) -> None:
    await office.hire(ADA, "auditor")
    guesses = [
        office.browser().post("/admin/login", data={"email": ADA, "password": f"guess {n}"})
        for n in range(14)
    ]
    answers = await asyncio.gather(*guesses)
    assert sorted(answer.status_code for answer in answers) == [403] * 10 + [429] * 4
    right = await office.browser().post("/admin/login", data={"email": ADA, "password": PASSWORD})
    assert right.status_code == 429
    assert int(right.headers["retry-after"]) > 0
    assert await office.house.logins.sign_in(ADA, PASSWORD, "198.51.100.7")
    office.clock.move(minutes=2)
    assert (await office.sign_in(ADA)).cookies


async def test_a_signed_out_browser_is_led_to_the_login_page_and_back(office: Office) -> None:
    await office.hire(ADA, "system-administrator")
    browser = office.browser()
    away = await browser.get("/admin/users?x=1")
    assert away.status_code == 303
    assert away.headers["location"].endswith("admin/login?next=/admin/users%3Fx%3D1")
    fields = {"email": ADA, "password": PASSWORD, "next": "/admin/users?x=1"}
    back = await browser.post("/admin/login", data=fields)
    assert back.headers["location"] == "../admin/users?x=1"


@pytest.mark.parametrize(
    "target",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/admin/\r\nX: y"],
)
async def test_no_address_leads_out_of_this_door_after_signing_in(office: Office, target: str) -> None:
    await office.hire(ADA, "auditor")
    fields = {"email": ADA, "password": PASSWORD, "next": target}
    answer = await office.browser().post("/admin/login", data=fields)
    assert answer.headers["location"] == "../admin/"


async def test_signing_out_makes_the_cookie_worthless_for_whoever_kept_it(office: Office) -> None:
    await office.hire(ADA, "auditor")
    browser = await office.sign_in(ADA)
    kept = dict(browser.cookies)
    await post(browser, "/admin/logout")
    assert set(browser.cookies) == {"__Host-vilt-known"}
    thief = office.browser()
    thief.cookies.update(kept)
    assert (await thief.get("/admin/")).status_code == 303


async def test_signing_in_again_ends_the_login_before(office: Office) -> None:
    await office.hire(ADA, "auditor")
    browser = await office.sign_in(ADA)
    old = browser.cookies["__Host-vilt"]
    await browser.post("/admin/login", data={"email": ADA, "password": PASSWORD})
    assert browser.cookies["__Host-vilt"] != old
    assert await office.house.logins.find(old, "") is None


async def test_a_login_ends_when_idle_and_in_any_case(office: Office) -> None:
    await office.hire(ADA, "auditor")
    browser = await office.sign_in(ADA)
    for _ in range(6):
        office.clock.move(hours=1.9)
        assert (await browser.get("/admin/")).status_code == 200
    office.clock.move(hours=1)
    assert (await browser.get("/admin/")).status_code == 303
    other = await office.sign_in(ADA)
    office.clock.move(hours=2.1)
    assert (await other.get("/admin/")).status_code == 303


async def test_a_changed_password_signs_out_all_other_browsers(office: Office) -> None:
    await office.hire(ADA, "auditor")
    mine, other = await office.sign_in(ADA), await office.sign_in(ADA)
    fields = {"old": PASSWORD, "password": "nine loud crows argue", "again": "nine loud crows argue"}
    wrong = await post(mine, "/admin/account/password", **{**fields, "old": "not the present one"})
    assert wrong.status_code == 400
    assert "present password is not correct" in wrong.text
    done = await post(mine, "/admin/account/password", **fields)
    assert done.status_code == 303
    assert (await mine.get("/admin/")).status_code == 200
    assert (await other.get("/admin/")).status_code == 303


async def test_signing_out_everywhere_ends_this_browser_too(office: Office) -> None:
    await office.hire(ADA, "auditor")
    mine, other = await office.sign_in(ADA), await office.sign_in(ADA)
    await post(mine, "/admin/account/everywhere")
    assert [(await browser.get("/admin/")).status_code for browser in (mine, other)] == [303, 303]


async def test_a_form_from_another_site_does_nothing(office: Office) -> None:
    await office.hire(ADA, "auditor")
    browser = await office.sign_in(ADA)
    token = await form_token(browser)
    foreign = [
        {"headers": {"Sec-Fetch-Site": "cross-site"}, "data": {"form_token": token}},
        {"headers": {"Sec-Fetch-Site": "same-site"}, "data": {"form_token": token}},
        {"data": {"form_token": "0" * 64}},
        {"data": {"form_token": "ß"}},
        {"data": {}},
    ]
    for request in foreign:
        assert (await browser.post("/admin/logout", **request)).status_code == 403
    del browser.headers["sec-fetch-site"]
    elsewhere = await browser.post(
        "/admin/logout", data={"form_token": token}, headers={"Origin": "https://evil.example"}
    )
    assert elsewhere.status_code == 403
    assert (await browser.get("/admin/")).status_code == 200
    ours = await browser.post(
        "/admin/logout", data={"form_token": token}, headers={"Origin": "https://bridge.example.com"}
    )
    assert ours.status_code == 303


async def test_nobody_is_signed_in_by_a_form_from_another_site(office: Office) -> None:
    await office.hire(ADA, "auditor")
    answer = await office.browser().post(
        "/admin/login", data={"email": ADA, "password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_words_for_the_next_page_cannot_be_put_there_by_somebody_else(office: Office) -> None:
    await office.hire(ADA, "auditor")
    browser = await office.sign_in(ADA)
    for said in ("SGVsbG8=.0000", "SGVsbG8=", "."):
        page = await browser.get(
            "/admin/",
            headers={"Cookie": f"vilt-said={said}; __Host-vilt={browser.cookies['__Host-vilt']}"},
        )
        assert page.status_code == 200
        assert "Hello" not in page.text


async def test_an_unknown_address_is_a_kind_page_and_only_for_who_is_signed_in(office: Office) -> None:
    await office.hire(ADA, "auditor")
    assert (await office.browser().get("/admin/nothing/here")).status_code == 303
    page = await (await office.sign_in(ADA)).get("/admin/nothing/here")
    assert page.status_code == 404
    assert "There is nothing here" in page.text
