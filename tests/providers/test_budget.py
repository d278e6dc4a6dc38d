"""Few calls at a time, the urgent ones first, a short queue, a fast refusal."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from app.providers.budget import Budget, BudgetPolicy
from app.providers.held_back import HeldBack
from app.providers.purpose import Purpose, how_soon, present_purpose, purpose


def budget(**policy) -> Budget:
    return Budget(BudgetPolicy(**{"at_once": 1, "queue": 3, "queue_seconds": 0.3} | policy), time.monotonic)


class Calls:
    """Calls that last until they are let go, in the order in which they began."""

    def __init__(self, places: Budget) -> None:
        self.places, self.begun, self.end = places, [], asyncio.Event()
        self.now = self.most = 0

    def start(self, name: str, what: Purpose = Purpose.LATER) -> asyncio.Task:
        return asyncio.create_task(self._call(name, what))

    async def _call(self, name: str, what: Purpose) -> None:
        async with self.places.place(what):
            self.begun.append(name)
            self.now += 1
            self.most = max(self.most, self.now)
            await self.end.wait()
            await asyncio.sleep(0)
            self.now -= 1


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_no_more_than_the_places_are_under_way():
    calls = Calls(budget(at_once=4, queue=100))
    tasks = [calls.start(str(n)) for n in range(30)]
    await settle()
    assert len(calls.begun) == 4
    calls.end.set()
    await asyncio.gather(*tasks)
    assert (calls.most, len(calls.begun)) == (4, 30)


async def test_a_launch_goes_before_todays_creates_and_these_before_reports():
    calls = Calls(budget(queue=10))
    wanted = [("first", Purpose.LATER), ("report", Purpose.REPORT), ("later", Purpose.LATER)]
    wanted += [("soon", Purpose.SOON), ("launch", Purpose.LAUNCH), ("soon too", Purpose.SOON)]
    tasks = [calls.start(*one) for one in wanted]
    await settle()
    calls.end.set()
    await asyncio.gather(*tasks)
    assert calls.begun == ["first", "launch", "soon", "soon too", "later", "report"]


async def test_a_full_queue_refuses_at_once():
    calls = Calls(budget(queue=2))
    tasks = [calls.start(str(n)) for n in range(3)]
    await settle()
    began = time.monotonic()
    with pytest.raises(HeldBack) as held:
        async with calls.places.place(Purpose.LATER):
            pass
    assert held.value.reason == "queue"
    assert held.value.retry_after > timedelta(0)
    assert time.monotonic() - began < 0.1
    calls.end.set()
    await asyncio.gather(*tasks)


async def test_in_a_full_queue_the_least_urgent_gives_way():
    calls = Calls(budget(queue=2))
    first, kept, gone = calls.start("first"), calls.start("kept"), calls.start("gone", Purpose.REPORT)
    await settle()
    launch = calls.start("launch", Purpose.LAUNCH)
    with pytest.raises(HeldBack):
        await gone
    calls.end.set()
    await asyncio.gather(first, kept, launch)
    assert calls.begun == ["first", "launch", "kept"]


async def test_nobody_waits_longer_than_the_queue_allows_and_the_place_is_not_lost():
    calls = Calls(budget(queue_seconds=0.05))
    first = calls.start("first")
    await settle()
    with pytest.raises(HeldBack):
        await calls.start("late")
    calls.end.set()
    await first
    await calls.start("after")
    assert calls.begun == ["first", "after"]


async def test_who_stops_waiting_leaves_no_place_taken():
    calls = Calls(budget(queue=10))
    first, second, third = calls.start("first"), calls.start("second"), calls.start("third")
    await settle()
    second.cancel()
    calls.end.set()
    await asyncio.gather(first, second, third, return_exceptions=True)
    await calls.start("fourth")
    assert calls.begun == ["first", "third", "fourth"]


async def test_a_place_given_to_somebody_who_stopped_in_that_moment_goes_on():
    places = budget(queue=10)
    async with places.place(Purpose.LATER):
        leaving = asyncio.create_task(places._enter(Purpose.LATER))
        await settle()
    leaving.cancel()  # its turn has come, and it does not know yet
    with pytest.raises(asyncio.CancelledError):
        await leaving
    async with places.place(Purpose.REPORT):
        assert places._busy == 1


async def test_reports_leave_places_for_those_in_a_hurry():
    calls = Calls(budget(at_once=4, queue=10))
    reports = [calls.start(f"r{n}", Purpose.REPORT) for n in range(4)]
    await settle()
    assert calls.begun == ["r0", "r1"]
    launch = calls.start("launch", Purpose.LAUNCH)
    await settle()
    assert calls.begun == ["r0", "r1", "launch"]
    calls.end.set()
    await asyncio.gather(launch, *reports)


async def test_a_rate_is_kept_after_a_burst_of_a_seconds_worth():
    places = budget(at_once=10, queue=100, per_second=40, queue_seconds=2)

    async def call() -> float:
        async with places.place(Purpose.LATER):
            return time.monotonic()

    begun = sorted(await asyncio.gather(*(call() for _ in range(48))))
    assert begun[39] - begun[0] < 0.15
    assert begun[47] - begun[0] >= 0.19


async def test_quiet_that_was_asked_for_is_kept_by_everybody():
    places = budget()
    places.hold(30)
    with pytest.raises(HeldBack) as held:
        async with places.place(Purpose.LAUNCH):
            pass
    assert held.value.reason == "asked"
    assert 29 < held.value.retry_after.total_seconds() <= 30


async def test_a_short_quiet_is_waited_for():
    places = budget()
    places.hold(0.1)
    began = time.monotonic()
    async with places.place(Purpose.LATER):
        assert time.monotonic() - began >= 0.09


async def test_the_purpose_is_known_in_tasks_begun_within_and_forgotten_after():
    async def tell() -> Purpose:
        return present_purpose()

    with purpose(Purpose.LAUNCH):
        task = asyncio.create_task(tell())
    assert await task is Purpose.LAUNCH
    assert present_purpose() is Purpose.LATER


def test_a_class_within_a_day_is_soon():
    now = datetime(2030, 5, 14, 9, tzinfo=UTC)
    assert how_soon(now + timedelta(hours=24), now) is Purpose.SOON
    assert how_soon(now - timedelta(hours=1), now) is Purpose.SOON
    assert how_soon(now + timedelta(hours=25), now) is Purpose.LATER
