"""Background work: done once, taken over, set aside; on both databases, by the real engine."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from app.db import jobs as job_rows
from app.db import sessions
from app.db.meetings import Lease, Meetings
from app.db.sealed import Sealer
from app.db.tables import jobs as jobs_table
from app.db.tables import meetings
from app.domain.caller import Caller
from app.domain.errors import ProviderRejected
from app.services.jobs import Job, Jobs
from app.settings import Settings
from app.wiring import House, open_house
from app.worker import working
from tests.conftest import SECRET, Hands
from tests.providers.fakes import Fake, Vendor
from tests.services.conftest import draft


@pytest.fixture
async def replica(
    fake_house: House, settings: Settings, clock: Hands, provider: type[Fake]
) -> AsyncIterator[House]:
    """A second process's house on the same database."""
    async with open_house(settings, clock, {"fake": provider}) as opened:
        yield opened


async def pending(house: House) -> list[UUID]:
    async with house.db.read() as tx:
        query = select(meetings.c.session_id).where(meetings.c.pending_since.is_not(None))
        return list(await tx.scalars(query))


async def until_nothing_is_pending(house: House) -> None:
    async with asyncio.timeout(20):
        while await pending(house):
            await asyncio.sleep(0.05)


async def test_the_engine_carries_out_what_requests_had_to_leave(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands, settings: Settings
) -> None:
    vendor.always = "down"
    for _ in range(12):
        await fake_house.sessions.create(caller, draft())
    vendor.always = ""
    clock.move(seconds=30)
    async with working(fake_house.jobs, settings.database_url, 4):
        await until_nothing_is_pending(fake_house)
    assert len(vendor.meetings) == 12
    assert len({marker for marker, _ in vendor.meetings.values()}) == 12


async def test_two_workers_on_one_database_do_each_job_once(
    fake_house: House, replica: House, caller: Caller, vendor: Vendor, clock: Hands, settings: Settings
) -> None:
    vendor.always = "down"
    for _ in range(12):
        await fake_house.sessions.create(caller, draft())
    vendor.always, vendor.pause = "", 0.05
    vendor.calls.clear()
    clock.move(seconds=30)
    async with (
        working(fake_house.jobs, settings.database_url, 4),
        working(replica.jobs, settings.database_url, 4),
    ):
        await until_nothing_is_pending(fake_house)
    assert [call for call in vendor.calls if call != "list"] == ["create"] * 12  # the daily comparison lists


async def test_a_job_that_is_handed_out_twice_is_done_once(
    fake_house: House, replica: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    vendor.faults = ["down"]
    await fake_house.sessions.create(caller, draft())
    clock.move(seconds=30)
    (job,) = await fake_house.jobs.due()
    vendor.pause = 0.2
    await asyncio.gather(fake_house.jobs.do(job), replica.jobs.do(job), fake_house.jobs.do(job))
    assert vendor.calls == ["create", "create"]


async def test_a_provider_that_hangs_leaves_hands_for_the_others(
    fake_house: House, caller: Caller, clock: Hands
) -> None:
    for _ in range(30):
        async with fake_house.db.begin() as tx:
            await sessions.want(tx, caller, draft(), clock.now)
    clock.move(seconds=6)
    assert len(await fake_house.jobs.due()) == 8


@pytest.mark.parametrize(("in_background", "handed_out"), [(False, 8), (True, 0)])
async def test_what_requests_have_under_way_keeps_nothing_back(
    fake_house: House, caller: Caller, clock: Hands, in_background: bool, handed_out: int
) -> None:
    """An LMS that is busy for an hour would otherwise keep back for an hour what failed before."""
    store = Meetings(Sealer(SECRET))
    for _ in range(30):
        async with fake_house.db.begin() as tx:
            await sessions.want(tx, caller, draft(), clock.now)
    clock.move(seconds=6)
    lease = Lease(clock.now + timedelta(seconds=60), in_background)
    async with fake_house.db.begin() as tx:
        for session_id in (await store.due(tx, clock.now, 50))[:10]:
            await store.claim(tx, session_id, clock.now, lease)
    assert len(await fake_house.jobs.due()) == handed_out


async def test_an_adapter_that_answers_nonsense_for_ever_is_parked_and_seen(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    vendor.always = "bug"
    with pytest.raises(KeyError):
        await fake_house.sessions.create(caller, draft())
    for _ in range(12):
        clock.move(hours=2)
        await fake_house.jobs.sweep()
    (parked,) = await fake_house.jobs.parked()
    assert (parked.kind, parked.error_kind, parked.attempts) == ("meeting", "KeyError", 8)
    assert await fake_house.jobs.due() == []


async def test_what_no_longer_fits_is_parked_and_blocks_nobody(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    poisoned, healthy = draft(), draft()
    await fake_house.sessions.create(caller, poisoned)
    async with fake_house.db.begin() as tx:
        await tx.execute(update(meetings).values(sealed_ref=b"no key opens this", next_try_at=clock.now))
        await tx.execute(update(meetings).values(synced_revision=0))
    vendor.faults = ["down"]
    await fake_house.sessions.create(caller, healthy)
    for _ in range(12):
        clock.move(hours=2)
        await fake_house.jobs.sweep()
    (parked,) = await fake_house.jobs.parked()
    assert (parked.error_kind, parked.attempts) == ("Unopenable", 8)
    assert "key" not in parked.error
    assert {spec.title for _, spec in vendor.meetings.values()} == {poisoned.title}
    assert len(vendor.meetings) == 2


async def test_a_parked_meeting_wakes_with_the_next_change_of_the_lms(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    vendor.faults = ["rejected"]
    wanted = draft()
    with pytest.raises(ProviderRejected):
        await fake_house.sessions.create(caller, wanted)
    assert len(await fake_house.jobs.parked()) == 1
    await fake_house.sessions.create(caller, replace(wanted, title="better"))
    assert await fake_house.jobs.parked() == []
    assert len(vendor.meetings) == 1


async def test_a_parked_meeting_wakes_by_command(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    vendor.faults = ["rejected"]
    with pytest.raises(ProviderRejected):
        await fake_house.sessions.create(caller, draft())
    (parked,) = await fake_house.jobs.parked()
    assert await fake_house.jobs.wake(Job(parked.kind, parked.subject))
    await fake_house.jobs.sweep()
    assert len(vendor.meetings) == 1
    assert not await fake_house.jobs.wake(Job(parked.kind, parked.subject))


class Counting:
    """A chore that does what a test says."""

    def __init__(self, answers: list[object]) -> None:
        self.answers, self.done = answers, 0

    async def __call__(self, _subject: str, _now: datetime) -> datetime | None:
        self.done += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[return-value]


def with_chore(house: House, chore: Counting, clock: Hands) -> Jobs:
    return Jobs(house.db, house.jobs._store, house.meetings, {"chore": chore}, clock)


async def planned(house: House, clock: Hands, *subjects: str) -> None:
    async with house.db.begin() as tx:
        await job_rows.plan(tx, [("chore", subject) for subject in subjects], clock.now, clock.now)


async def test_a_poison_job_is_parked_and_the_others_go_on(fake_house: House, clock: Hands) -> None:
    chore = Counting([ValueError("poison")])
    jobs = with_chore(fake_house, chore, clock)
    await planned(fake_house, clock, "a")
    for _ in range(12):
        await jobs.sweep()
        clock.move(hours=2)
    assert chore.done == 8
    chore.answers = [None]
    await planned(fake_house, clock, "b")
    await jobs.sweep()
    assert [(one.kind, one.subject) for one in await jobs.parked()] == [("chore", "a")]
    assert await jobs.wake(Job("chore", "a"))
    await jobs.sweep()
    assert await jobs.parked() == []


async def test_a_job_of_a_killed_worker_is_taken_over_when_its_lease_ends(
    fake_house: House, clock: Hands
) -> None:
    chore = Counting([None])
    jobs = with_chore(fake_house, chore, clock)
    await planned(fake_house, clock, "a")
    async with fake_house.db.begin() as tx:
        lease = clock.now + timedelta(minutes=5)
        assert await job_rows.claim(tx, "chore", "a", clock.now, lease) is not None  # and died
    assert await jobs.sweep() == 0
    clock.move(minutes=6)
    assert await jobs.sweep() == 1
    assert chore.done == 1


async def test_a_worker_that_comes_too_late_writes_nothing(fake_house: House, clock: Hands) -> None:
    await planned(fake_house, clock, "a")
    async with fake_house.db.begin() as tx:
        late = await job_rows.claim(tx, "chore", "a", clock.now, clock.now + timedelta(minutes=5))
    clock.move(minutes=6)
    async with fake_house.db.begin() as tx:
        assert await job_rows.claim(tx, "chore", "a", clock.now, clock.now + timedelta(minutes=5))
    assert late is not None
    async with fake_house.db.begin() as tx:
        await job_rows.done(tx, late)
        await job_rows.failed(tx, late, ("X", "x"), None, clock.now)
    async with fake_house.db.read() as tx:
        row = (await tx.execute(select(jobs_table))).one()
    assert (row.parked_at, row.attempts) == (None, 0)


async def test_a_kind_that_only_a_newer_version_knows_is_left_to_it(fake_house: House, clock: Hands) -> None:
    async with fake_house.db.begin() as tx:
        await job_rows.plan(tx, [("of tomorrow", "x")], clock.now, clock.now)
    assert await fake_house.jobs.due() == []


async def test_a_job_about_nothing_that_is_there_is_parked_in_the_end(
    fake_house: House, clock: Hands
) -> None:
    async with fake_house.db.begin() as tx:
        await job_rows.plan(tx, [("attendance", str(uuid4())), ("expiry", "junk")], clock.now, clock.now)
    for _ in range(12):
        clock.move(hours=2)
        await fake_house.jobs.sweep()
    assert {one.kind for one in await fake_house.jobs.parked()} == {"attendance", "expiry"}
