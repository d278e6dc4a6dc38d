"""What MS Lync lists of ours, and how it tells that somebody edited it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from tests.providers.lync.bench import LyncBench
from tests.providers.lync.conftest import spec


async def test_what_carries_a_marker_is_listed_and_nothing_else(simulator) -> None:
    bench = LyncBench(simulator)
    made = await bench.provider.create(spec(presenters=()), "marker-1")
    (listed,) = await bench.provider.list_ours()
    assert (listed.marker, listed.ref.provider_id) == ("marker-1", made.ref.provider_id)
    await bench.provider.cancel(listed.ref)
    assert await bench.provider.list_ours() == []
    await bench.provider.aclose()


async def test_another_title_or_time_is_told_and_the_same_is_not(simulator) -> None:
    bench = LyncBench(simulator)
    wanted = spec(presenters=(), title="  Fire \t safety ", description="Bring your badge.\nAnd a coat.")
    await bench.provider.create(wanted, "marker-2")
    (listed,) = await bench.provider.list_ours()
    longer = replace(wanted, ends_at=wanted.ends_at + timedelta(hours=1))
    assert bench.provider.differences(listed, wanted) == ()
    assert bench.provider.differences(listed, longer) == ("time",)
    assert bench.provider.differences(listed, replace(longer, title="v2")) == ("title", "time")
    await bench.provider.aclose()


async def test_a_list_of_many_megabytes_is_read(simulator) -> None:
    """UCWA gives an account's meetings whole: from some four thousand on nothing was found any more."""
    bench = LyncBench(simulator)

    async def fill(application) -> None:
        url = application.require("myOnlineMeetings", "onlineMeetings", "schedule meetings")
        wordy = {"subject": "Somebody else's", "description": "Bring your badge. " * 14_000}
        for _ in range(20):
            assert (await application.call("POST", url, json=wordy)).status_code == 201

    await bench.provider._ucwa.run(fill)
    made = await bench.provider.create(spec(presenters=()), "marker-1")
    (listed,) = await bench.provider.list_ours()
    assert listed.ref == made.ref
    await bench.provider.aclose()


async def test_eight_deeds_that_look_at_once_ask_for_the_whole_list_twice_at_most(simulator) -> None:
    """An account with thousands of meetings: eight lists of them at once came in time for nobody."""
    bench = LyncBench(simulator)
    markers = [f"marker-{number}" for number in range(8)]
    made = [await bench.provider.create(spec(presenters=()), marker) for marker in markers]
    simulator.clear_requests()
    found = await asyncio.gather(*(bench.provider.find(f"marker-{n}", None) for n in range(8)))
    assert [meeting and meeting.ref.provider_id for meeting in found] == [
        meeting.ref.provider_id for meeting in made
    ]
    lists = [
        request
        for request in simulator.requests()
        if request["method"] == "GET" and request["path"].endswith("/myOnlineMeetings")
    ]
    assert 1 <= len(lists) <= 2
    await bench.provider.aclose()
