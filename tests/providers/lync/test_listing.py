"""What MS Lync lists of ours, and how it tells that somebody edited it."""

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
