"""Going in: who is sent on, who only looked, and what happens when the provider does not open."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.domain.errors import Busy, ProviderUnavailable
from app.domain.meeting import MeetingRef
from app.domain.people import Person, Role
from app.main import create_app
from app.providers.base import ProviderMeeting
from app.providers.sandbox.adapter import PRACTICE_ROOM, Sandbox
from app.services.launches import Launches
from app.settings import Settings
from tests.conftest import Hands
from tests.join.conftest import LEARNER, openings, running
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
