"""What the provider has is compared with what is wanted, healed by rule; what others made is left alone."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from app.domain.caller import Caller
from app.domain.people import Person
from app.domain.reconciliation import Finding, Report
from app.services.jobs import Job
from app.wiring import House
from tests.conftest import Hands
from tests.providers.fakes import Fake, Vendor, fake_provider
from tests.services.conftest import draft


async def look(house: House, **options: bool) -> Report:
    reports = await house.reconciliation.run(**options)
    return next(report for report in reports if report.compared or report.lines or report.error)


async def look_again(house: House, clock: Hands, **by: float) -> Report:
    clock.move(**(by or {"minutes": 10}))
    return await look(house)


def found(report: Report) -> list[tuple[Finding, bool]]:
    return [(line.finding, line.healed) for line in report.lines]


async def test_what_is_as_wanted_is_left_alone(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    await fake_house.sessions.create(caller, draft())
    report = await look_again(fake_house, clock)
    assert (report.listed, report.compared, report.lines) == (1, 1, ())
    assert vendor.calls == ["create", "list"]


async def test_b9_an_orphan_of_ours_is_removed(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    wanted = draft()
    await fake_house.sessions.create(caller, wanted)
    kept = dict(vendor.meetings)
    await fake_house.sessions.cancel(caller, wanted.external_id)
    vendor.meetings.update(kept)  # the provider says "cancelled" and keeps it
    report = await look_again(fake_house, clock)
    assert found(report) == [(Finding.ORPHAN, True)]
    assert vendor.meetings == {}


async def test_a_meeting_with_somebody_elses_marker_is_reported_and_never_touched(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    await fake_house.sessions.create(caller, draft())
    ((_, spec),) = vendor.meetings.values()
    vendor.meetings |= {"other": (str(uuid4()), spec), "odd": ("not even an id", spec)}
    for _ in range(3):
        report = await look_again(fake_house, clock)
        await fake_house.jobs.sweep()
    assert found(report) == [(Finding.UNKNOWN, False)] * 2
    assert {"other", "odd"} <= vendor.meetings.keys()


async def test_b8_a_second_meeting_of_one_class_is_removed_and_the_first_stays(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    await fake_house.sessions.create(caller, draft())
    vendor.meetings["twin"] = vendor.meetings["m1"]
    report = await look_again(fake_house, clock)
    assert found(report) == [(Finding.DUPLICATE, True)]
    assert vendor.meetings.keys() == {"m1"}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("title", {"title": "edited by hand"}),
        ("time", {"ends_at": draft().ends_at + timedelta(hours=3)}),
        ("presenters", {"presenters": (Person("stranger@example.com"),)}),
    ],
)
async def test_a_meeting_that_was_edited_at_the_provider_becomes_as_wanted_again(
    name: str, change: dict[str, object], fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    await fake_house.sessions.create(caller, draft())
    marker, spec = vendor.meetings["m1"]
    vendor.meetings["m1"] = (marker, replace(spec, **change))  # type: ignore[arg-type]
    report = await look_again(fake_house, clock)
    assert [(line.finding, line.detail) for line in report.lines] == [(Finding.DIFFERS, name)]
    await fake_house.jobs.sweep()
    assert vendor.meetings["m1"] == (marker, spec)


async def test_b7_a_meeting_that_is_not_found_once_is_not_deleted_yet(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    await fake_house.sessions.create(caller, draft())
    gone = dict(vendor.meetings)
    vendor.meetings.clear()
    assert found(await look_again(fake_house, clock)) == [(Finding.MISSING, False)]
    assert found(await look_again(fake_house, clock, minutes=1)) == [(Finding.MISSING, False)]
    vendor.meetings.update(gone)
    assert found(await look_again(fake_house, clock)) == []
    vendor.meetings.clear()
    assert found(await look_again(fake_house, clock)) == [(Finding.MISSING, False)]
    assert await fake_house.jobs.sweep() == 0


async def test_b7_a_meeting_that_is_not_found_twice_is_made_again(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    await fake_house.sessions.create(caller, draft())
    vendor.meetings.clear()
    await look_again(fake_house, clock)
    assert found(await look_again(fake_house, clock)) == [(Finding.GONE, True)]
    await fake_house.jobs.sweep()
    assert len(vendor.meetings) == 1
    assert found(await look_again(fake_house, clock)) == []


async def test_a_dry_run_says_the_same_and_changes_nothing(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    first, second, third = draft(), draft(), draft()
    for wanted in (first, second, third):
        await fake_house.sessions.create(caller, wanted)
    kept = vendor.meetings["m1"]
    await fake_house.sessions.cancel(caller, first.external_id)
    vendor.meetings["m1"] = kept
    vendor.meetings["m2"] = (vendor.meetings["m2"][0], replace(vendor.meetings["m2"][1], title="x"))
    del vendor.meetings["m3"]
    before = dict(vendor.meetings)
    for _ in range(2):
        clock.move(minutes=10)
        report = await look(fake_house, dry_run=True)
        assert sorted(found(report)) == [
            (Finding.DIFFERS, False),
            (Finding.MISSING, False),
            (Finding.ORPHAN, False),
        ]
    assert vendor.meetings == before
    assert await fake_house.jobs.sweep() == 0
    assert await fake_house.reconciliation.reports(caller.tenant_id) == []


async def test_a_provider_that_is_down_proves_nothing_and_is_said(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    await fake_house.sessions.create(caller, draft())
    vendor.always = "down"
    for _ in range(3):
        report = await look_again(fake_house, clock)
    assert "cannot be reached" in report.error
    vendor.always = ""
    assert found(await look_again(fake_house, clock)) == []


async def test_work_that_is_pending_is_left_to_those_who_do_it(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    vendor.faults = ["lost"]
    await fake_house.sessions.create(caller, draft())
    report = await fake_house.reconciliation.run()
    assert [line for one in report for line in one.lines] == []


async def test_a_class_whose_cancel_the_lms_never_sends_leaves_nothing_behind(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    wanted = draft(starts_at=clock.now, ends_at=clock.now + timedelta(hours=1))
    await fake_house.sessions.create(caller, wanted)
    kept = dict(vendor.meetings)
    clock.move(days=8)
    for _ in range(4):
        await fake_house.jobs.sweep()
    vendor.meetings.update(kept)
    assert found(await look_again(fake_house, clock)) == [(Finding.ORPHAN, True)]


async def test_it_is_done_daily_by_itself_and_the_last_report_is_kept(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    await fake_house.sessions.create(caller, draft())
    vendor.meetings.clear()
    await fake_house.jobs.ready(["reconciliation"])
    for _ in range(2):
        await fake_house.jobs.sweep()
    clock.move(minutes=6)
    for _ in range(2):
        await fake_house.jobs.sweep()
    (kept,) = await fake_house.reconciliation.reports(caller.tenant_id)
    assert [line["finding"] for line in kept.report["lines"]] == ["gone"]
    assert len(vendor.meetings) == 1
    assert await fake_house.jobs.due() == []
    clock.move(days=1)
    assert Job("reconciliation") in await fake_house.jobs.due()


class TestAProviderThatCannotList:
    """Its next classes are looked for by name."""

    @pytest.fixture
    def provider(self) -> type[Fake]:
        async def nothing(_self: Fake) -> None:
            return None

        kind = fake_provider()
        kind.list_ours = nothing  # type: ignore[assignment]
        return kind

    async def test_a_meeting_that_is_gone_is_made_again(
        self, fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
    ) -> None:
        await fake_house.sessions.create(caller, draft())
        vendor.meetings.clear()
        report = await look_again(fake_house, clock)
        assert (report.listed, found(report)) == (None, [(Finding.MISSING, False)])
        assert found(await look_again(fake_house, clock)) == [(Finding.GONE, True)]
        await fake_house.jobs.sweep()
        assert len(vendor.meetings) == 1
