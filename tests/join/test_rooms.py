"""Presence in the practice room: credited while it lasts, never while it does not."""

import asyncio
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from app.db.database import Database
from app.db.tables import evidence
from tests.conftest import Hands
from tests.join.conftest import LEARNER, OTHER, TEACHER
from tests.join.portal import Portal


class Guest:
    """Somebody's browser in the room."""

    def __init__(self, http: httpx.AsyncClient, link: str) -> None:
        self.http, self.base, self.visit = http, f"{link}/room", ""

    async def join(self) -> httpx.Response:
        answer = await self.http.post(f"{self.base}/enter")
        self.visit = answer.json().get("visit", "")
        return answer

    async def beat(self, visit: str = "") -> int:
        return (await self.http.post(f"{self.base}/{visit or self.visit}/beat")).status_code

    async def leave(self) -> int:
        return (await self.http.post(f"{self.base}/{self.visit}/leave")).status_code

    async def sees(self) -> list[str]:
        answer = await self.http.get(f"{self.base}/present")
        return [person["name"] for person in answer.json()["people"]]


async def guest(portal: Portal, session: str, email: str) -> Guest:
    return Guest(portal.http, await portal.link(session, email))


async def stays(db: Database) -> list[float]:
    """The length of each stay in seconds, in their order."""
    async with db.read() as tx:
        rows = await tx.execute(
            select(evidence.c.started_at, evidence.c.ended_at)
            .where(evidence.c.kind == "present")
            .order_by(evidence.c.id)
        )
        return [(row.ended_at - row.started_at).total_seconds() for row in rows]


async def test_opening_the_page_is_not_presence_and_join_is(portal: Portal, db: Database) -> None:
    session = await portal.plan()
    dana = await guest(portal, session, LEARNER)
    await portal.http.get(dana.base.removesuffix("/room"))
    assert await dana.sees() == []
    await dana.join()
    assert await dana.sees() == [LEARNER]
    assert await stays(db) == [0]


async def test_heartbeats_lengthen_one_stay(portal: Portal, db: Database, clock: Hands) -> None:
    dana = await guest(portal, await portal.plan(), LEARNER)
    await dana.join()
    for _ in range(4):
        clock.move(seconds=15)
        assert await dana.beat() == 204
    assert await stays(db) == [60]


async def test_silence_ends_presence_and_a_later_beat_credits_no_absence(
    portal: Portal, db: Database, clock: Hands
) -> None:
    dana = await guest(portal, await portal.plan(), LEARNER)
    await dana.join()
    clock.move(seconds=30)
    await dana.beat()
    clock.move(seconds=46)
    assert await dana.sees() == []
    assert await dana.beat() == 204
    assert await dana.sees() == [LEARNER]
    clock.move(seconds=20)
    await dana.beat()
    assert await stays(db) == [30, 20]


async def test_leaving_ends_presence_at_once_and_a_late_beat_does_not_bring_it_back(
    portal: Portal, db: Database, clock: Hands
) -> None:
    dana = await guest(portal, await portal.plan(), LEARNER)
    await dana.join()
    clock.move(seconds=10)
    assert await dana.leave() == 204
    clock.move(seconds=2)
    assert await dana.leave() == 204
    assert await dana.beat() == 409
    assert await dana.sees() == []
    assert await stays(db) == [10]


async def test_a_goodbye_after_silence_credits_no_absence(portal: Portal, db: Database, clock: Hands) -> None:
    dana = await guest(portal, await portal.plan(), LEARNER)
    await dana.join()
    clock.move(minutes=10)
    await dana.leave()
    assert await stays(db) == [0]


async def test_coming_back_is_a_stay_of_its_own(portal: Portal, db: Database, clock: Hands) -> None:
    dana = await guest(portal, await portal.plan(), LEARNER)
    for _ in range(2):
        await dana.join()
        clock.move(seconds=15)
        await dana.leave()
        clock.move(minutes=5)
    assert await stays(db) == [15, 15]


async def test_a_second_device_is_the_same_person_in_the_room(portal: Portal, clock: Hands) -> None:
    """Pain B2."""
    session = await portal.plan()
    laptop, phone = await guest(portal, session, LEARNER), await guest(portal, session, LEARNER.upper())
    await laptop.join()
    await phone.join()
    await laptop.leave()
    assert len(await phone.sees()) == 1


async def test_a_heartbeat_is_bound_to_its_own_link(portal: Portal, db: Database, clock: Hands) -> None:
    """Pain B1: nobody is credited through somebody else's link, nor through the same person's other class."""
    session = await portal.plan()
    dana, zoe = await guest(portal, session, LEARNER), await guest(portal, session, OTHER)
    again = await guest(portal, await portal.plan(), LEARNER)
    await dana.join()
    clock.move(seconds=30)
    assert await zoe.beat(dana.visit) == 404
    assert await again.beat(dana.visit) == 404
    assert await dana.beat(str(uuid4())) == 404
    assert await dana.beat("nonsense") == 404
    assert await stays(db) == [0]


async def test_a_clock_that_steps_back_shortens_nothing(portal: Portal, db: Database, clock: Hands) -> None:
    dana = await guest(portal, await portal.plan(), LEARNER)
    await dana.join()
    clock.move(seconds=30)
    await dana.beat()
    clock.move(seconds=-20)
    await dana.beat()
    await dana.leave()
    assert await stays(db) == [30]


async def test_two_late_heartbeats_at_once_begin_one_stay(portal: Portal, db: Database, clock: Hands) -> None:
    dana = await guest(portal, await portal.plan(), LEARNER)
    await dana.join()
    clock.move(minutes=2)
    answers = await asyncio.gather(*(dana.beat() for _ in range(8)))
    assert set(answers) == {204}
    assert await stays(db) == [0, 0]


async def test_after_the_class_beats_are_refused_and_a_goodbye_is_not(portal: Portal, clock: Hands) -> None:
    dana = await guest(portal, await portal.plan(minutes=10), LEARNER)
    await dana.join()
    clock.move(minutes=5 + 10 + 30)
    assert await dana.beat() == 410
    assert await dana.leave() == 204
    refused = await dana.join()
    assert refused.status_code == 410
    assert refused.json() == {"error": {"code": 410, "message": "This class is over. Thank you for coming."}}


async def test_a_cancelled_class_lets_nobody_stay(portal: Portal) -> None:
    session = await portal.plan()
    dana = await guest(portal, session, LEARNER)
    await dana.join()
    await portal.cancel(session)
    assert await dana.beat() == 410
    assert (await portal.http.get(f"{dana.base}/present")).status_code == 410


async def test_nobody_is_present_before_the_door_opens(portal: Portal) -> None:
    dana = await guest(portal, await portal.plan(begins_in=60), LEARNER)
    answer = await dana.join()
    assert answer.json()["error"]["message"] == "This class has not begun yet."


async def test_learners_see_names_and_instructors_see_addresses(portal: Portal) -> None:
    """Pain B25."""
    record = {"Email": TEACHER, "FirstName": "Ina", "LastName": "Ruiz"}
    assert (await portal.http.post("/instructor", json=record, auth=portal.auth)).status_code == 200
    session = await portal.plan()
    dana, zoe, ina = [await guest(portal, session, who) for who in (LEARNER, OTHER, TEACHER)]
    for one in (zoe, dana, ina):
        await one.join()
    assert await dana.sees() == [LEARNER, "Ina Ruiz", "zoë"]
    assert await ina.sees() == ["Ina Ruiz", LEARNER, OTHER]
    people = (await portal.http.get(f"{dana.base}/present")).json()["people"]
    assert [person["role"] for person in people] == ["learner", "instructor", "learner"]
    assert TEACHER not in str(people)
    assert OTHER not in str(people)


async def test_presence_reaches_the_lms_as_attendance(portal: Portal, clock: Hands) -> None:
    session = await portal.plan(begins_in=0, minutes=2)
    dana, zoe = await guest(portal, session, LEARNER), await guest(portal, session, OTHER)
    await dana.join()
    for _ in range(6):
        clock.move(seconds=15)
        await dana.beat()
    await zoe.http.get(zoe.base.removesuffix("/room"))
    assert LEARNER in await portal.attendees(session)


async def test_one_link_cannot_fill_the_database(small: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.rooms.STAYS_AT_MOST", 3)
    dana = await guest(small, await small.plan(), LEARNER)
    answers = [(await dana.join()).status_code for _ in range(4)]
    assert answers == [200, 200, 200, 403]
    fresh = await guest(small, await small.plan(), LEARNER)
    assert (await fresh.join()).status_code == 200
