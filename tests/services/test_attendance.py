"""Attendance end to end in the services: launches, provider reports, silence; evidence is never lost."""

from datetime import timedelta

import pytest

from app.domain.attendance import Policy, Rule
from app.domain.caller import Caller
from app.domain.errors import ProviderUnavailable
from app.providers.base import PresenceRow
from app.wiring import House
from tests.conftest import Hands
from tests.providers.fakes import Fake, Vendor, fake_provider, reporting
from tests.services.conftest import draft


@pytest.fixture
def provider() -> type[Fake]:
    return reporting(fake_provider(), Policy(Rule.PRESENT, minimum=timedelta(minutes=10)))


async def test_b4_a_report_that_is_not_ready_credits_nobody_and_loses_nothing(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    wanted = draft(starts_at=clock.now, ends_at=clock.now + timedelta(hours=1))
    await fake_house.sessions.create(caller, wanted)
    await fake_house.launches.launch(caller, wanted.external_id, "Dana@example.com", "")
    assert await fake_house.attendance.attendees(caller, wanted.external_id) == []
    begin = clock.now
    clock.move(hours=2)
    vendor.report = [
        PresenceRow("dana@example.com", begin, begin + timedelta(minutes=30), "row-1"),
        PresenceRow("eve@example.com", begin, begin + timedelta(minutes=1), "row-2"),
    ]
    assert await fake_house.attendance.attendees(caller, wanted.external_id) == ["Dana@example.com"]


async def test_what_was_fetched_once_stays_when_the_provider_is_gone(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = draft(starts_at=clock.now, ends_at=clock.now + timedelta(hours=1))
    await fake_house.sessions.create(caller, wanted)
    begin = clock.now
    vendor.report = [PresenceRow("dana@example.com", begin, begin + timedelta(minutes=30), "row-1")]
    clock.move(hours=2)
    assert await fake_house.attendance.attendees(caller, wanted.external_id) == ["dana@example.com"]

    async def gone(*_: object) -> None:
        raise ProviderUnavailable

    monkeypatch.setattr(Fake, "attendance", gone)
    assert await fake_house.attendance.attendees(caller, wanted.external_id) == ["dana@example.com"]


async def test_a21_evidence_outlives_the_cancel(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    wanted = draft(starts_at=clock.now, ends_at=clock.now + timedelta(hours=1))
    await fake_house.sessions.create(caller, wanted)
    begin = clock.now
    vendor.report = [PresenceRow("dana@example.com", begin, begin + timedelta(minutes=30), "row-1")]
    clock.move(hours=2)
    await fake_house.attendance.attendees(caller, wanted.external_id)
    await fake_house.sessions.cancel(caller, wanted.external_id)
    assert await fake_house.attendance.attendees(caller, wanted.external_id) == ["dana@example.com"]
