"""GET /join/{token}: what a person finds behind the link, by the hour."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.db.database import Database
from app.db.tables import evidence
from app.domain.errors import Busy, ProviderUnavailable
from app.domain.meeting import MeetingRef
from app.domain.people import Person, Role
from app.main import create_app
from app.providers.base import ProviderMeeting
from app.providers.sandbox.adapter import PRACTICE_ROOM, Sandbox
from app.services.launches import Launches
from app.settings import Settings
from tests.conftest import Hands
from tests.join.conftest import LEARNER, TEACHER, running
from tests.join.portal import Portal

MEETING = "https://meet.example.net/j/123?pwd=a%20b"


class Elsewhere(Sandbox):
    """A provider with addresses of its own, and a temper."""

    card = replace(PRACTICE_ROOM, name="Elsewhere", hosted=False)
    fails = False

    async def join_link(self, ref: MeetingRef, person: Person, role: Role) -> str | None:
        if Elsewhere.fails:
            raise ProviderUnavailable from OSError("10.0.0.7 refused")
        return f"{MEETING}&role={role}"


@pytest.fixture
async def elsewhere(sqlite_url: str, clock: Hands) -> AsyncIterator[Portal]:
    settings = Settings(database_url=sqlite_url, secret_key="a test's own secret text, long enough")
    Elsewhere.fails = False
    async with running(create_app(settings, clock, {"sandbox": Elsewhere}), clock) as portal:
        yield portal


async def openings(url: str) -> int:
    db = Database(url)
    async with db.read() as tx:
        rows = (await tx.execute(select(evidence).where(evidence.c.kind == "opened"))).all()
    await db.close()
    return len(rows)


async def test_before_the_window_there_is_a_countdown_and_no_entry(small: Portal, sqlite_url: str) -> None:
    link = await small.link(await small.plan(begins_in=120), LEARNER)
    page = await small.http.get(link)
    assert page.status_code == 200
    assert "Fire safety" in page.text
    assert "You are early" in page.text
    assert float(re.search(r'data-seconds="([\d.]+)"', page.text)[1]) == pytest.approx(105 * 60, abs=2)
    assert re.search(r'<time datetime="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ" data-show="door"', page.text)
    assert await openings(sqlite_url) == 0


async def test_the_waiting_page_goes_on_without_javascript(small: Portal) -> None:
    link = await small.link(await small.plan(begins_in=120), LEARNER)
    page = await small.http.get(link)
    seconds = int(re.search(r'<noscript><meta http-equiv="refresh" content="(\d+)"', page.text)[1])
    assert 60 <= seconds <= 91


async def test_an_instructor_is_let_in_earlier_than_learners(small: Portal) -> None:
    session = await small.plan(begins_in=40, instructorEmails=TEACHER)
    learner = await small.http.get(await small.link(session, LEARNER))
    teacher = await small.http.get(await small.link(session, TEACHER))
    assert "You are early" in learner.text
    assert 'id="join"' in teacher.text


async def test_an_open_practice_room_says_who_i_am_and_that_it_carries_no_sound(portal: Portal) -> None:
    session = await portal.plan()
    page = await portal.http.get(await portal.link(session, LEARNER))
    assert page.status_code == 200
    assert LEARNER in page.text
    assert "no sound and no picture" in page.text
    assert "Fire safety" in page.text


async def test_cancelled_and_over_are_kind_pages(small: Portal, clock: Hands) -> None:
    session = await small.plan()
    link = await small.link(session, LEARNER)
    await small.cancel(session)
    gone = await small.http.get(link)
    assert (gone.status_code, "This class was cancelled." in gone.text) == (410, True)
    await small.plan(session_id=session)
    clock.move(minutes=5 + 60 + 31)
    over = await small.http.get(link)
    assert (over.status_code, "This class is over." in over.text) == (410, True)


@pytest.mark.parametrize("token", ["nonsense", "a.b", "%00", "x" * 4000, "..%2f..%2fetc", "a/b/c", "", "%ff"])
async def test_a_forged_link_is_a_kind_page(small: Portal, token: str) -> None:
    page = await small.http.get(f"/join/{token}")
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "training portal" in page.text


async def test_every_answer_of_the_door_is_guarded(small: Portal) -> None:
    session = await small.plan()
    link = await small.link(session, LEARNER)
    answers = [
        await small.http.get(link),
        await small.http.get("/join/nonsense"),
        await small.http.get(f"{link}/door"),
        await small.http.get(f"{link}/room/present"),
        await small.http.post(link),
        await small.http.post("/join/nonsense/room/enter"),
    ]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert [answer.status_code for answer in answers] == [200, 404, 200, 200, 405, 404]
    assert answers[5].json()["error"]["code"] == 404


@pytest.mark.parametrize(
    "title", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}"]
)
async def test_titles_are_text_and_nothing_else(small: Portal, title: str) -> None:
    session = await small.plan(Title=title)
    link = await small.link(session, LEARNER)
    inside = await small.http.get(link)
    await small.cancel(session)
    cancelled = await small.http.get(link)
    for page in (inside, cancelled):
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert "49" not in re.sub(r"<[^>]*>", "", page.text)


@pytest.mark.parametrize("title", ["安全培训：第一部分", "سلامة الحريق", "Žluťoučký kůň 🐎"])
async def test_titles_of_every_script_are_shown(small: Portal, title: str) -> None:
    page = await small.http.get(await small.link(await small.plan(Title=title), LEARNER))
    assert title in page.text


async def test_an_open_door_sends_the_person_on(elsewhere: Portal, sqlite_url: str) -> None:
    answer = await elsewhere.http.get(await elsewhere.link(await elsewhere.plan(), LEARNER))
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{MEETING}&role=learner"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert await openings(sqlite_url) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X-Moz": "prefetch"},
        {"X-Purpose": "preview"},
    ],
)
async def test_a_browser_that_fetches_ahead_enters_nobody(
    elsewhere: Portal, sqlite_url: str, headers: dict[str, str]
) -> None:
    answer = await elsewhere.http.get(await elsewhere.link(await elsewhere.plan(), LEARNER), headers=headers)
    assert answer.status_code == 503  # not a success: the real click asks anew
    assert "location" not in answer.headers
    assert await openings(sqlite_url) == 0


@pytest.mark.parametrize(
    "agent",
    [
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "facebookexternalhit/1.1",
        "WhatsApp/2.23.20.0",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    ],
)
async def test_a_link_preview_enters_nobody_and_a_person_can_still_go_on(
    elsewhere: Portal, sqlite_url: str, agent: str
) -> None:
    link = await elsewhere.link(await elsewhere.plan(), LEARNER)
    seen = await elsewhere.http.get(link, headers={"User-Agent": agent})
    assert seen.status_code == 200
    assert "meet.example.net" not in seen.text
    assert await openings(sqlite_url) == 0
    onward = re.search(r'href="(\?[^"]+)"', seen.text)[1]
    answer = await elsewhere.http.get(link + onward, headers={"User-Agent": agent})
    assert answer.status_code == 303


async def test_head_enters_nobody(elsewhere: Portal, sqlite_url: str) -> None:
    answer = await elsewhere.http.head(await elsewhere.link(await elsewhere.plan(), LEARNER))
    assert answer.status_code == 200
    assert "location" not in answer.headers
    assert await openings(sqlite_url) == 0


async def test_a_provider_that_is_down_is_a_kind_page_that_tries_again(elsewhere: Portal) -> None:
    link = await elsewhere.link(await elsewhere.plan(), LEARNER)
    Elsewhere.fails = True
    page = await elsewhere.http.get(link)
    assert page.status_code == 503
    assert int(page.headers["retry-after"]) >= 10
    assert 'http-equiv="refresh"' in page.text
    assert "10.0.0.7" not in page.text


async def test_a_meeting_in_preparation_is_waited_for(
    elsewhere: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def not_now(self: Elsewhere, *_: object) -> ProviderMeeting:
        raise ProviderUnavailable

    monkeypatch.setattr(Elsewhere, "create", not_now)
    wanted = elsewhere.wanted()
    await elsewhere.http.post("/session", json=wanted, auth=elsewhere.auth)
    link = await elsewhere.link(wanted["SessionId"], LEARNER)
    page = await elsewhere.http.get(link)
    assert (page.status_code, "The meeting is being prepared." in page.text) == (200, True)
    state = (await elsewhere.http.get(f"{link}/door")).json()
    assert state["door"] == "preparing"
    assert 4 <= state["again_in"] <= 10


async def test_a_meeting_that_is_not_ready_at_the_click_is_waited_for(
    elsewhere: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object) -> str:
        raise Busy

    monkeypatch.setattr(Launches, "enter", busy)
    page = await elsewhere.http.get(await elsewhere.link(await elsewhere.plan(), LEARNER))
    assert page.status_code == 503
    assert "The meeting is being prepared." in page.text
    assert "Fire safety" in page.text
    assert "retry-after" in page.headers


async def test_nobody_is_made_present_in_a_class_that_is_held_elsewhere(elsewhere: Portal) -> None:
    link = await elsewhere.link(await elsewhere.plan(), LEARNER)
    answer = await elsewhere.http.post(f"{link}/room/enter")
    assert answer.status_code == 404


async def test_an_unforeseen_fault_is_a_page_without_its_cause(
    elsewhere: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: Elsewhere, *_: object) -> str:
        raise RuntimeError("secret cause")

    link = await elsewhere.link(await elsewhere.plan(), LEARNER)
    monkeypatch.setattr(Elsewhere, "join_link", broken)
    page = await elsewhere.http.get(link)
    assert page.status_code == 500
    assert page.headers["content-type"].startswith("text/html")
    assert "secret cause" not in page.text


async def test_pages_load_only_files_that_are_there(small: Portal) -> None:
    link = await small.link(await small.plan(), LEARNER)
    page = await small.http.get(link)
    files = re.findall(r'(?:src|href|data-metronome)="(\.\./static/[^"]+)"', page.text)
    assert len(files) == 5
    for file in files:
        answer = await small.http.get(file.removeprefix(".."))
        assert answer.status_code == 200
        assert "max-age" in answer.headers["cache-control"]
