"""What the LMS wants is stored before anybody is asked, and carried out whatever happens meanwhile."""

import asyncio
from dataclasses import replace
from time import monotonic

import pytest

from app.db import sessions
from app.domain.caller import Caller
from app.domain.errors import AccountBroken, PersonUnknown, ProviderRejected, ProviderUnavailable
from app.services.meetings import Standing
from app.settings import Settings
from app.wiring import House, open_house
from tests.conftest import Hands
from tests.providers.fakes import RAISED, Fake, Vendor
from tests.services.conftest import draft


async def standing(house: House, caller: Caller, external_id: str) -> Standing:
    async with house.db.read() as tx:
        session = await sessions.find(tx, caller.tenant_id, external_id)
    assert session is not None
    found = await house.meetings.standing(session)
    assert found is not None
    return found


async def until_settled(house: House, caller: Caller, external_id: str) -> Standing:
    async with asyncio.timeout(5):
        while not (now := await standing(house, caller, external_id)).settled:
            await asyncio.sleep(0.05)
    return now


@pytest.mark.parametrize("fault", ["down", "lost"])
async def test_a_provider_in_trouble_keeps_no_lms_from_its_success(
    fault: str, fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    vendor.faults = [fault]
    wanted = draft()
    await fake_house.sessions.create(caller, wanted)
    before = await standing(fake_house, caller, wanted.external_id)
    clock.move(seconds=20)
    assert await fake_house.jobs.sweep() == 1
    after = await standing(fake_house, caller, wanted.external_id)
    assert (before.settled, after.settled) == (False, True)
    assert len(vendor.meetings) == 1


async def test_it_can_be_read_what_is_wanted_since_when_what_failed_and_when_it_is_tried_next(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    vendor.faults = ["down"]
    wanted, asked_at = draft(), clock.now
    await fake_house.sessions.create(caller, wanted)
    now = await standing(fake_house, caller, wanted.external_id)
    assert (now.wanted, now.state, now.attempts, now.pending_since) == ("scheduled", "wanted", 1, asked_at)
    assert now.last_error == ProviderUnavailable.default
    assert now.next_try_at is not None
    assert now.next_try_at > asked_at


async def test_a_call_that_takes_longer_than_the_lms_waits_is_not_cut_and_not_asked_again(
    fake_house: House, caller: Caller, vendor: Vendor
) -> None:
    vendor.pause = 2.5  # the request's budget is 1.5
    wanted, began = draft(), monotonic()
    await fake_house.sessions.create(caller, wanted)
    assert monotonic() - began < 2.4
    await until_settled(fake_house, caller, wanted.external_id)
    assert vendor.calls == ["create"]


async def test_a_house_that_closes_lets_its_calls_end(
    fake_house: House, caller: Caller, vendor: Vendor, settings: Settings, clock: Hands, provider: type[Fake]
) -> None:
    vendor.pause = 1.0
    wanted = draft()
    quick = settings.model_copy(update={"request_budget_seconds": 0.2})
    async with open_house(quick, clock, {"fake": provider}) as replica:
        await replica.sessions.create(caller, wanted)
    assert (await standing(fake_house, caller, wanted.external_id)).settled


@pytest.mark.parametrize("kind", [ProviderRejected, AccountBroken, PersonUnknown])
async def test_what_is_refused_for_good_is_told_at_once(
    kind: type[Exception],
    fake_house: House,
    caller: Caller,
    vendor: Vendor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(RAISED, "refused", kind)
    vendor.faults = ["refused"]
    with pytest.raises(kind):
        await fake_house.sessions.create(caller, draft())


async def test_a_process_that_is_killed_right_after_storing_loses_nothing(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    async with fake_house.db.begin() as tx:
        await sessions.want(tx, caller, draft(), clock.now)
    clock.move(seconds=6)
    assert await fake_house.jobs.sweep() == 1
    assert len(vendor.meetings) == 1


async def test_a_process_that_is_killed_right_after_a_cancel_leaves_no_orphan(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    wanted = draft()
    await fake_house.sessions.create(caller, wanted)
    async with fake_house.db.begin() as tx:
        await sessions.cancel(tx, caller.tenant_id, wanted.external_id, clock.now)
    clock.move(seconds=6)
    await fake_house.jobs.sweep()
    assert vendor.meetings == {}


async def test_a_session_revived_while_its_cancel_is_under_way_is_made_again_even_if_nobody_waits(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    wanted = draft()
    await fake_house.sessions.create(caller, wanted)
    vendor.pause = 0.5
    cancelling = asyncio.create_task(fake_house.sessions.cancel(caller, wanted.external_id))
    await asyncio.sleep(0.2)
    async with fake_house.db.begin() as tx:
        await sessions.want(tx, caller, wanted, clock.now)
    await cancelling
    clock.move(seconds=6)
    await fake_house.jobs.sweep()
    assert (await standing(fake_house, caller, wanted.external_id)).settled
    assert len(vendor.meetings) == 1


async def test_a_change_that_comes_while_the_call_is_under_way_is_not_forgotten(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    wanted, vendor.pause = draft(), 0.5
    creating = asyncio.create_task(fake_house.sessions.create(caller, wanted))
    await asyncio.sleep(0.2)
    async with fake_house.db.begin() as tx:
        await sessions.want(tx, caller, replace(wanted, title="v2"), clock.now)
    await creating
    clock.move(seconds=6)
    await fake_house.jobs.sweep()
    ((_, spec),) = vendor.meetings.values()
    assert spec.title == "v2"
