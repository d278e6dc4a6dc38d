"""The live roster against the simulator: honest intervals, and honest about gaps."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.providers.contract import a_class, a_marker
from tests.providers.lync.bench import LyncBench

CHRIS, DANA = "chris@contoso.example", "dana@contoso.example"


class Sitting:
    """A watch under way, and what it has told so far."""

    def __init__(self, bench, seconds: float) -> None:
        self.bench, self.told = bench, []
        self.until = datetime.now(UTC) + timedelta(seconds=seconds)

    async def start(self):
        self.ref = (await self.bench.provider.create(a_class(), a_marker())).ref
        self.task = asyncio.create_task(self.bench.provider.watch(self.ref, self.until, self.tell))
        await self.until_true(lambda: any("svc-lms" in str(p) for p in self.inside()))
        return self

    async def tell(self, row):
        self.told.append(row)

    def inside(self):
        return self.bench.simulator.participants(self.ref.provider_id)

    def is_in(self, email: str) -> bool:
        mine = [row for row in self.told if row.email == email]
        return bool(mine) and mine[-1].left_at is None

    async def until_true(self, condition, seconds: float = 5.0):
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.02)

    async def come(self, email):
        self.bench.simulator.join(self.ref.provider_id, f"sip:{email}")
        await self.until_true(lambda: self.is_in(email))

    async def go(self, email):
        self.bench.simulator.leave(self.ref.provider_id, f"sip:{email}")
        await self.until_true(lambda: not self.is_in(email))


@pytest.fixture
async def bench(simulator):
    for email in (CHRIS, DANA):
        if not any(email in str(person) for person in simulator.people()):
            simulator.add_person(email, email.partition("@")[0].title())
    bench = LyncBench(simulator, attendance="live_roster")
    yield bench
    await bench.provider.aclose()


async def test_who_came_and_went_is_told_as_it_happens_and_the_rest_leave_at_the_end(bench):
    sitting = await Sitting(bench, 2.0).start()
    await sitting.come(CHRIS)
    await sitting.come(DANA)
    await sitting.go(CHRIS)
    report = await sitting.task
    assert {row.email for row in report.rows} == {CHRIS, DANA}
    assert all(row.left_at is not None and row.left_at >= row.joined_at for row in report.rows)
    assert (report.final, report.partial) == (True, False)
    assert sitting.inside() == [] or not any("svc-lms" in str(p) for p in sitting.inside())


async def test_events_without_bodies_are_completed_by_reading(bench):
    bench.simulator.fault_on("events-without-body")
    sitting = await Sitting(bench, 1.5).start()
    await sitting.come(CHRIS)
    assert {row.email for row in (await sitting.task).rows} == {CHRIS}


async def test_b1_a_guest_of_the_web_client_is_credited_to_nobody(bench):
    sitting = await Sitting(bench, 1.0).start()
    bench.simulator.join(sitting.ref.provider_id, name="Chris", anonymous=True)
    assert (await sitting.task).rows == ()


@pytest.mark.parametrize("fault", ["channel-resume", "unavailable"])
async def test_b4_a_broken_channel_is_joined_again_and_marked_partial(bench, fault, monkeypatch):
    monkeypatch.setattr("app.providers.lync.roster.PAUSE_SECONDS", 0.1)
    sitting = await Sitting(bench, 4.0).start()
    await sitting.come(CHRIS)
    bench.simulator.fault_on(fault, count=1, only="GET events")
    bench.simulator.join(
        sitting.ref.provider_id, f"sip:{DANA}"
    )  # wakes the parked poll; the next one meets the fault
    await sitting.until_true(lambda: sitting.is_in(CHRIS) and sitting.is_in(DANA), seconds=3)
    report = await sitting.task
    assert report.partial
    assert {row.email for row in report.rows} >= {CHRIS}


async def test_b4_a_meeting_that_cannot_be_joined_is_partial_not_empty(bench):
    ref = (await bench.provider.create(a_class(), a_marker())).ref
    bench.simulator.remove_meeting(ref.provider_id)

    async def tell(row):
        raise AssertionError(row)

    report = await bench.provider.watch(ref, datetime.now(UTC) + timedelta(seconds=2), tell)
    assert report.partial
    assert report.rows == ()


async def test_a_watch_that_is_cancelled_takes_the_account_out_of_the_class(bench):
    sitting = await Sitting(bench, 60).start()
    sitting.task.cancel()
    await asyncio.gather(sitting.task, return_exceptions=True)
    assert not any("svc-lms" in str(p) for p in sitting.inside())
