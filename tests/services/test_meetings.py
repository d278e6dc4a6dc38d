"""One SessionId, one meeting: whatever times out, crashes or comes twice."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.caller import Caller
from app.domain.errors import AccountBroken, Busy, OutcomeUnknown, ProviderRejected, ProviderUnavailable
from app.settings import Settings
from app.wiring import House, open_house
from tests.conftest import SECRET, Hands
from tests.providers.fakes import Fake, Vendor
from tests.services.conftest import draft


@pytest.fixture
def settings(database_url: str) -> Settings:
    """A house that tells of trouble, so that these tests hear it."""
    return Settings(database_url=database_url, secret_key=SECRET, provider_trouble="tell")


async def test_a_second_post_makes_no_second_meeting(
    fake_house: House, caller: Caller, vendor: Vendor
) -> None:
    wanted = draft()
    await fake_house.sessions.create(caller, wanted)
    await fake_house.sessions.create(caller, wanted)
    assert vendor.calls == ["create"]


async def test_changed_content_moves_the_meeting_in_place(
    fake_house: House, caller: Caller, vendor: Vendor
) -> None:
    wanted = draft()
    await fake_house.sessions.create(caller, wanted)
    moved = replace(wanted, title="Fire safety v2", ends_at=wanted.ends_at + timedelta(hours=1))
    await fake_house.sessions.create(caller, moved)
    ((_, spec),) = vendor.meetings.values()
    assert (spec.title, spec.ends_at) == ("Fire safety v2", moved.ends_at)


async def test_twenty_at_once_make_one_meeting_and_all_hear_success(
    settings: Settings, caller: Caller, vendor: Vendor, clock: Hands, provider: type[Fake]
) -> None:
    vendor.pause = 0.2
    wanted = draft()
    async with open_house(settings, clock, {"fake": provider}) as patient:  # eight seconds, as by default
        await asyncio.gather(*(patient.sessions.create(caller, wanted) for _ in range(20)))
    assert vendor.calls == ["create"]


async def test_twenty_at_once_at_a_provider_that_is_down_ask_it_once(
    fake_house: House, caller: Caller, vendor: Vendor
) -> None:
    vendor.always = "down"
    wanted = draft()
    answers = await asyncio.gather(
        *(fake_house.sessions.create(caller, wanted) for _ in range(20)), return_exceptions=True
    )
    assert {type(answer) for answer in answers} == {ProviderUnavailable}
    assert len(vendor.calls) < 20


async def test_b8_a_lost_answer_is_looked_for_and_not_repeated(
    fake_house: House, caller: Caller, vendor: Vendor
) -> None:
    vendor.faults = ["lost"]
    wanted = draft()
    with pytest.raises(OutcomeUnknown):
        await fake_house.sessions.create(caller, wanted)
    await fake_house.sessions.create(caller, wanted)
    assert len(vendor.meetings) == 1
    assert vendor.calls == ["create", "find", "update"]


async def test_a_provider_that_hangs_is_left_within_the_budget_and_found_later(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    vendor.faults = ["hang"]
    wanted = draft()
    with pytest.raises(Busy):
        await asyncio.wait_for(fake_house.sessions.create(caller, wanted), timeout=3)
    clock.move(seconds=10)
    await fake_house.sessions.create(caller, wanted)
    assert len(vendor.meetings) == 1


async def test_a_bug_in_an_adapter_after_the_write_doubles_nothing(
    fake_house: House, caller: Caller, vendor: Vendor
) -> None:
    vendor.faults = ["bug"]
    wanted = draft()
    with pytest.raises(KeyError):
        await fake_house.sessions.create(caller, wanted)
    await fake_house.sessions.create(caller, wanted)
    assert len(vendor.meetings) == 1


async def test_a_worker_that_died_in_the_middle_is_taken_over_when_its_lease_ends(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    wanted = draft()

    def die(_deed: str) -> None:
        raise asyncio.CancelledError  # nothing is recorded, as when the process is killed

    vendor.before = die
    with pytest.raises(asyncio.CancelledError):
        await fake_house.sessions.create(caller, wanted)
    vendor.before = lambda _deed: None
    clock.move(seconds=10)
    assert await fake_house.jobs.sweep() == 1
    assert len(vendor.meetings) == 1
    assert vendor.calls == ["create", "find", "create"]


async def test_a_refusal_is_told_and_the_next_try_begins_afresh(
    fake_house: House, caller: Caller, vendor: Vendor
) -> None:
    vendor.faults = ["rejected", "broken", "down"]
    wanted = draft()
    for error in (ProviderRejected, AccountBroken, ProviderUnavailable):
        with pytest.raises(error):
            await fake_house.sessions.create(caller, wanted)
    await fake_house.sessions.create(caller, wanted)
    assert vendor.calls == ["create"] * 4


async def test_cancel_is_repeatable_and_a_post_revives(
    fake_house: House, caller: Caller, vendor: Vendor
) -> None:
    wanted = draft()
    await fake_house.sessions.create(caller, wanted)
    await fake_house.sessions.cancel(caller, wanted.external_id)
    await fake_house.sessions.cancel(caller, wanted.external_id)
    assert vendor.meetings == {}
    await fake_house.sessions.create(caller, wanted)
    assert len(vendor.meetings) == 1
    assert vendor.calls == ["create", "cancel", "create"]


async def test_b9_a_cancel_after_a_lost_create_leaves_no_orphan(
    fake_house: House, caller: Caller, vendor: Vendor
) -> None:
    vendor.faults = ["lost"]
    wanted = draft()
    with pytest.raises(OutcomeUnknown):
        await fake_house.sessions.create(caller, wanted)
    await fake_house.sessions.cancel(caller, wanted.external_id)
    assert vendor.meetings == {}


async def test_a_cancel_of_what_was_never_asked_for_asks_nothing(
    fake_house: House, caller: Caller, vendor: Vendor
) -> None:
    vendor.faults = ["down"]
    wanted = draft()
    with pytest.raises(ProviderUnavailable):
        await fake_house.sessions.create(caller, wanted)
    await fake_house.sessions.cancel(caller, wanted.external_id)
    assert vendor.calls == ["create"]


async def test_b7_a_meeting_deleted_at_the_provider_is_looked_for_twice_then_made_again(
    fake_house: House, caller: Caller, vendor: Vendor
) -> None:
    wanted = draft()
    await fake_house.sessions.create(caller, wanted)
    vendor.meetings.clear()
    await fake_house.sessions.create(caller, replace(wanted, title="v2"))
    assert vendor.calls == ["create", "update", "find", "create"]
    assert len(vendor.meetings) == 1


async def test_a_storm_of_posts_puts_and_deletes_ends_with_what_was_wanted_last(
    fake_house: House, caller: Caller, vendor: Vendor
) -> None:
    wanted = draft()
    vendor.pause = 0.01
    vendor.faults = ["lost", "", "lost", "", "down"]
    deeds = [fake_house.sessions.create(caller, replace(wanted, title=f"v{n}")) for n in range(6)]
    deeds += [fake_house.sessions.cancel(caller, wanted.external_id) for _ in range(3)]
    await asyncio.gather(*deeds, return_exceptions=True)
    vendor.faults.clear()
    await fake_house.sessions.create(caller, replace(wanted, title="last"))
    ((_, spec),) = vendor.meetings.values()
    assert spec.title == "last"


async def test_two_houses_on_one_database_make_one_meeting(
    fake_house: House, caller: Caller, vendor: Vendor, settings, clock: Hands, provider
) -> None:
    vendor.pause = 0.2
    wanted = draft()
    async with open_house(settings, clock, {"fake": provider}) as replica:
        await asyncio.gather(
            *(house.sessions.create(caller, wanted) for house in (fake_house, replica) for _ in range(5))
        )
    assert vendor.calls == ["create"]
