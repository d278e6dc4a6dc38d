"""GET /join/{token}: what a person finds behind the link, by the hour."""

import re

import pytest

from tests.conftest import Hands
from tests.join.conftest import LEARNER, TEACHER, openings
from tests.join.portal import Portal


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


async def test_pages_load_only_files_that_are_there(small: Portal) -> None:
    link = await small.link(await small.plan(), LEARNER)
    page = await small.http.get(link)
    files = re.findall(r'(?:src|href|data-metronome)="(\.\./static/[^"]+)"', page.text)
    assert len(files) == 5
    for file in files:
        answer = await small.http.get(file.removeprefix(".."))
        assert answer.status_code == 200
        assert "max-age" in answer.headers["cache-control"]
