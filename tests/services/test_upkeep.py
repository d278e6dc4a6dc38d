"""What is done by itself: reports fetched on time, old meetings let go of, what is stale forgotten."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.db import jobs as job_rows
from app.db import tokens
from app.db.tables import evidence, jobs, launches, logins, revoked_tokens
from app.domain.attendance import Policy, Rule
from app.domain.caller import Caller
from app.providers.base import AttendanceReport, PresenceRow
from app.wiring import House
from tests.conftest import Hands
from tests.providers.fakes import Fake, Vendor, fake_provider, reporting
from tests.services.conftest import draft


@pytest.fixture
def provider() -> type[Fake]:
    """A vendor whose reports are late: not final before the second time of asking."""
    asked: list[int] = []
    kind = reporting(fake_provider(), Policy(Rule.PRESENT, minimum=timedelta(minutes=1)))

    async def attendance(self, ref, since, until) -> AttendanceReport:  # type: ignore[no-untyped-def]
        asked.append(1)
        self.vendor.calls.append("attendance")
        fault = self.vendor.take()
        if fault == "bug":
            raise KeyError("nonsense")
        return AttendanceReport(self.vendor.report, final=len(asked) > 1)

    kind.attendance = attendance  # type: ignore[method-assign]
    return kind


def running(clock: Hands, **changes: object) -> dict[str, object]:
    return {"starts_at": clock.now, "ends_at": clock.now + timedelta(hours=1), **changes}


async def count(house: House, table) -> int:  # type: ignore[no-untyped-def]
    async with house.db.read() as tx:
        return await tx.scalar(select(func.count()).select_from(table)) or 0


async def sweep_for(house: House, clock: Hands, minutes: int) -> None:
    for _ in range(minutes // 5):
        clock.move(minutes=5)
        await house.jobs.sweep()


async def test_b4_a_report_that_was_not_ready_is_asked_for_until_it_is_final(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    wanted = draft(**running(clock))
    await fake_house.sessions.create(caller, wanted)
    await sweep_for(fake_house, clock, 60)
    assert "attendance" not in vendor.calls
    started = wanted.starts_at
    vendor.report = [PresenceRow("dana@example.com", started, started + timedelta(minutes=50), "1")]
    await sweep_for(fake_house, clock, 240)
    assert vendor.calls.count("attendance") == 2
    assert await count(fake_house, evidence) == 1
    assert await fake_house.attendance.attendees(caller, wanted.external_id) == ["dana@example.com"]


async def test_a_report_that_fails_is_tried_again_and_hides_nothing(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    await fake_house.sessions.create(caller, draft(**running(clock)))
    vendor.always = "bug"
    await sweep_for(fake_house, clock, 70)
    vendor.always = ""
    await sweep_for(fake_house, clock, 180)
    async with fake_house.db.read() as tx:
        assert not await job_rows.due(tx, ["attendance"], clock.now + timedelta(days=30), 9)
        assert not await job_rows.parked(tx, 9)


async def test_a_class_that_is_moved_is_reported_after_its_new_end(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    wanted = draft(**running(clock))
    await fake_house.sessions.create(caller, wanted)
    later = draft(
        external_id=wanted.external_id,
        starts_at=wanted.starts_at + timedelta(days=1),
        ends_at=wanted.ends_at + timedelta(days=1),
    )
    await fake_house.sessions.create(caller, later)
    await sweep_for(fake_house, clock, 180)
    assert "attendance" not in vendor.calls


async def test_a_class_that_nobody_cancels_is_let_go_of_after_its_grace_and_keeps_its_attendance(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    wanted = draft(**running(clock))
    await fake_house.sessions.create(caller, wanted)
    vendor.report = [PresenceRow("dana@example.com", wanted.starts_at, wanted.ends_at, "1")]
    await sweep_for(fake_house, clock, 240)
    clock.move(days=6)
    await fake_house.jobs.sweep()
    assert len(vendor.meetings) == 1
    clock.move(days=1)
    for _ in range(3):
        await fake_house.jobs.sweep()
    assert vendor.meetings == {}
    assert await fake_house.attendance.attendees(caller, wanted.external_id) == ["dana@example.com"]
    assert await count(fake_house, jobs) == 0


async def test_the_same_post_for_an_expired_class_makes_no_meeting_but_a_new_date_does(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    wanted = draft(**running(clock))
    await fake_house.sessions.create(caller, wanted)
    await sweep_for(fake_house, clock, 240)
    clock.move(days=8)
    for _ in range(3):
        await fake_house.jobs.sweep()
    await fake_house.sessions.create(caller, wanted)
    assert vendor.meetings == {}
    again = draft(external_id=wanted.external_id, **running(clock))
    await fake_house.sessions.create(caller, again)
    assert len(vendor.meetings) == 1


async def test_what_was_never_made_is_given_up_when_the_class_is_long_over(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    vendor.always = "down"
    await fake_house.sessions.create(caller, draft(**running(clock)))
    clock.move(hours=3)
    await fake_house.jobs.sweep()
    clock.move(days=8)
    for _ in range(3):
        await fake_house.jobs.sweep()
    vendor.calls.clear()
    clock.move(days=1)
    await fake_house.jobs.sweep()
    assert vendor.calls == []


async def test_retention_forgets_what_refuses_itself_and_no_evidence(
    fake_house: House, caller: Caller, clock: Hands
) -> None:
    wanted = draft(**running(clock))
    await fake_house.sessions.create(caller, wanted)
    await fake_house.launches.launch(caller, wanted.external_id, "dana@example.com", "x")
    async with fake_house.db.begin() as tx:
        await tokens.revoke(tx, "old", clock.now + timedelta(hours=1))
    await fake_house.jobs.ready(["retention"])
    clock.move(days=5000)
    await fake_house.jobs.do(await _only(fake_house, "retention"))
    assert (await count(fake_house, revoked_tokens), await count(fake_house, logins)) == (0, 0)
    assert await count(fake_house, launches) == 1


async def _only(house: House, kind: str):  # type: ignore[no-untyped-def]
    (job,) = [job for job in await house.jobs.due() if job.kind == kind]
    return job
