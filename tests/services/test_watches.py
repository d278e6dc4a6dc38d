"""Live rosters: one watcher per class, taken over when it dies, honest about what nobody saw."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from app.db import evidence, instructors, sessions, watches
from app.db.database import Tx
from app.db.evidence import Observation
from app.db.instructors import Faculty
from app.db.tables import connections
from app.domain.attendance import Evidence, Kind
from app.domain.caller import Caller
from app.domain.people import InstructorDraft
from app.domain.session import Session
from app.providers.base import PresenceRow
from app.services import watches as service
from app.settings import Settings
from app.wiring import House, open_house
from app.worker import watching
from tests.conftest import Hands
from tests.db.kept import stays
from tests.providers.fakes import Fake, Vendor, fake_provider, live
from tests.services.conftest import draft

DANA = "dana@example.com"


@pytest.fixture
def provider() -> type[Fake]:
    return live(fake_provider())


@pytest.fixture(autouse=True)
def _renewed_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "RENEW_SECONDS", 0.05)


@pytest.fixture
async def replica(
    fake_house: House, settings: Settings, clock: Hands, provider: type[Fake]
) -> AsyncIterator[House]:
    """A second process's house on the same database."""
    async with open_house(settings, clock, {"fake": provider}) as opened:
        yield opened


@pytest.fixture
async def class_(fake_house: House, caller: Caller, clock: Hands) -> Session:
    """A class that begins in a minute."""
    begin = clock.now + timedelta(minutes=1)
    wanted = draft(starts_at=begin, ends_at=begin + timedelta(hours=1))
    await fake_house.sessions.create(caller, wanted)
    async with fake_house.db.read() as tx:
        found = await sessions.find(tx, caller.tenant_id, wanted.external_id)
    assert found is not None
    return found


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.02)


async def watched(house: House, vendor: Vendor) -> None:
    assert await house.watches.look() == 1
    await until(lambda: len(vendor.watched) == 1)


async def unwatched(house: House, vendor: Vendor) -> None:
    await until(lambda: not vendor.watched)
    await asyncio.gather(*house.watches._running.values(), return_exceptions=True)


async def test_who_is_told_live_is_kept_once_and_its_end_comes_later(
    fake_house: House, class_: Session, vendor: Vendor, clock: Hands
) -> None:
    await watched(fake_house, vendor)
    begin = clock.now
    await vendor.watched[0](PresenceRow(f"sip:{DANA}", begin, None, "stay-1"))
    (stay,) = await stays(fake_house, class_.id)
    assert (stay.email, stay.at, stay.until, stay.source) == (DANA, begin, None, "fake")
    left = begin + timedelta(minutes=40)
    await vendor.watched[0](PresenceRow(f"sip:{DANA}", begin, left, "stay-1"))
    (stay,) = await stays(fake_house, class_.id)
    assert stay.until == left


async def test_b1_an_instructor_is_known_by_the_name_that_the_provider_uses(
    fake_house: House, class_: Session, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    async with fake_house.db.begin() as tx:
        await _add_instructor(tx, caller, "Tara.Trainer@example.com", "sip:TT@lync.example", clock)
    await watched(fake_house, vendor)
    await vendor.watched[0](PresenceRow("tt@lync.example", clock.now, None, "stay-1"))
    (stay,) = await stays(fake_house, class_.id)
    assert stay.email == "Tara.Trainer@example.com"


async def test_a_class_that_is_not_on_is_not_watched(
    fake_house: House, class_: Session, vendor: Vendor, clock: Hands
) -> None:
    clock.move(minutes=-30)
    assert await fake_house.watches.look() == 0
    clock.move(hours=3)
    assert await fake_house.watches.look() == 0
    assert "watch" not in vendor.calls


async def test_an_inactive_connection_is_not_watched(
    fake_house: House, class_: Session, vendor: Vendor
) -> None:
    async with fake_house.db.begin() as tx:
        await tx.execute(update(connections).values(state="inactive"))
    assert await fake_house.watches.look() == 0


async def test_two_processes_keep_one_watcher(
    fake_house: House, replica: House, class_: Session, vendor: Vendor
) -> None:
    counts = await asyncio.gather(*(house.watches.look() for house in (fake_house, replica) * 3))
    await until(lambda: bool(vendor.watched))
    await fake_house.watches.look()
    await replica.watches.look()
    await asyncio.sleep(0.2)  # several renewals
    assert 1 in counts
    assert vendor.calls.count("watch") == 1
    assert len(vendor.watched) == 1


async def test_b4_a_killed_watcher_is_taken_over_and_its_open_stays_end_where_it_was_last_alive(
    fake_house: House, class_: Session, vendor: Vendor, clock: Hands
) -> None:
    dead = await _begin_and_die(fake_house, class_, clock)
    alive = clock.now
    assert await fake_house.watches.look() == 0  # it might still live
    clock.move(seconds=61)
    await watched(fake_house, vendor)
    (stay,) = await stays(fake_house, class_.id)
    assert stay.until == alive
    assert await is_partial(fake_house, class_)
    async with fake_house.db.begin() as tx:
        assert not await watches.hold(tx, dead)


async def test_b4_what_a_watcher_tells_after_it_was_taken_over_is_not_kept(
    fake_house: House, replica: House, class_: Session, vendor: Vendor, clock: Hands,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(service, "RENEW_SECONDS", 60.0)  # it hangs
    await watched(fake_house, vendor)
    (late,) = vendor.watched
    clock.move(seconds=61)
    assert await replica.watches.look() == 1
    await until(lambda: len(vendor.watched) == 2)
    await late(PresenceRow(DANA, clock.now, None, "stay-of-the-old"))
    assert await stays(fake_house, class_.id) == []


async def test_a_watch_that_saw_everything_is_not_partial(
    fake_house: House, class_: Session, vendor: Vendor, clock: Hands
) -> None:
    await watched(fake_house, vendor)
    clock.move(minutes=71)
    vendor.over.set()
    await unwatched(fake_house, vendor)
    assert not await is_partial(fake_house, class_)
    assert await fake_house.watches.look() == 0


@pytest.mark.parametrize("why", ["missed polls", "begun late", "ended early"])
async def test_b4_what_was_missed_is_said(
    fake_house: House, class_: Session, vendor: Vendor, clock: Hands, why: str
) -> None:
    vendor.missed = why == "missed polls"
    clock.move(minutes=20 if why == "begun late" else 0)
    await watched(fake_house, vendor)
    clock.move(minutes={"missed polls": 71, "begun late": 51, "ended early": 30}[why])
    vendor.over.set()
    await unwatched(fake_house, vendor)
    assert await is_partial(fake_house, class_)


async def test_a_cancelled_class_is_left_and_not_watched_again(
    fake_house: House, class_: Session, caller: Caller, vendor: Vendor
) -> None:
    await watched(fake_house, vendor)
    await fake_house.sessions.cancel(caller, class_.external_id)
    await unwatched(fake_house, vendor)
    assert await fake_house.watches.look() == 0


async def test_a_house_that_closes_leaves_the_class_to_another_at_once(
    fake_house: House, replica: House, class_: Session, vendor: Vendor, clock: Hands
) -> None:
    clock.move(minutes=2)
    async with watching(replica.watches):
        await until(lambda: len(vendor.watched) == 1)
        await vendor.watched[0](PresenceRow(DANA, clock.now, None, "stay-1"))
    assert not vendor.watched
    (stay,) = await stays(fake_house, class_.id)
    assert stay.until is not None
    assert await is_partial(fake_house, class_)
    await watched(fake_house, vendor)


async def is_partial(house: House, class_: Session) -> bool:
    async with house.db.read() as tx:
        return await watches.is_partial(tx, class_.id)


async def _begin_and_die(house: House, class_: Session, clock: Hands) -> watches.Held:
    async with house.db.begin() as tx:
        found = await watches.find_on(tx, class_.id, service.MARGIN, clock.now)
        assert found is not None
        until_then = clock.now + service.LEASE
        held = await watches.claim(tx, found, "fake", clock.now, until_then, late=False)
        assert held is not None
        stay = Evidence(DANA, Kind.PRESENT, clock.now - timedelta(minutes=5), None, "fake", "stay-1")
        await evidence.keep(tx, [Observation(class_.id, stay)], clock.now)
    return held


async def _add_instructor(tx: Tx, caller: Caller, email: str, identity: str, clock: Hands) -> None:
    faculty = Faculty(caller.tenant_id, caller.connection_id)
    tara = InstructorDraft(email, "Tara", "Trainer")
    await instructors.put(tx, faculty, [(tara, identity)], clock.now)
