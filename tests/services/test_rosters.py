"""Rosters: evidence decides, people correct it with a reason, asking again overwrites what was fetched."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from app.domain.actor import Actor
from app.domain.attendance import Policy, Rule
from app.domain.caller import Caller
from app.domain.errors import Conflict, InvalidRequest, NotFound, ProviderUnavailable, Stale
from app.domain.permissions import Scope
from app.providers.base import PresenceRow
from app.services.rosters import Correction, Roster, columns
from app.services.stories import Wanted
from app.wiring import House
from tests.conftest import Hands
from tests.providers.fakes import Fake, Vendor, fake_provider, reporting
from tests.providers.formed import actor_with
from tests.services.conftest import draft

DANA, UWE = "Dana.Lee@example.com", "uwe@example.com"


@pytest.fixture
def provider() -> type[Fake]:
    """A vendor that tells who was present."""
    return reporting(fake_provider(), Policy(Rule.PRESENT))


@pytest.fixture
def boss(caller: Caller) -> Actor:
    return actor_with(caller.tenant_id, *Scope)


@pytest.fixture
async def session_id(fake_house: House, caller: Caller, boss: Actor, clock: Hands) -> AsyncIterator[UUID]:
    await fake_house.sessions.create(caller, draft(external_id="S1"))
    await fake_house.launches.launch(caller, "S1", DANA, "c")
    clock.now = draft().ends_at + timedelta(hours=1)
    return (await fake_house.stories.page(boss, Wanted(), None, 2))[0].session.id


def stay(email: str, minutes: int, instance: str = "1") -> PresenceRow:
    begins = draft().starts_at
    return PresenceRow(email, begins, begins + timedelta(minutes=minutes), instance)


def who(roster: Roster) -> dict[str, bool]:
    return {line.email: line.attended for line in roster.lines}


async def test_update_roster_overwrites_what_was_fetched_and_keeps_it_raw(
    fake_house: House, boss: Actor, session_id: UUID, vendor: Vendor
) -> None:
    vendor.report = [stay(DANA, 80), stay(UWE, 80, "2")]
    first = await fake_house.rosters.update(boss, session_id)
    assert who(first) == {DANA: True, UWE: True}
    assert first.sheet.fetched_by == boss.who
    vendor.report = [stay(DANA, 3)]
    second = await fake_house.rosters.update(boss, session_id)
    assert who(second) == {DANA: False}, "she was there for three minutes, he was not there at all"
    assert "2 that it told of before no longer count" in second.sheet.fetch_note
    kept = await fake_house.stories.evidence(boss, session_id, None, 50)
    assert len(kept) == 3
    assert sum(one.superseded_at is not None for one in kept) == 2
    vendor.report = [stay(DANA, 80), stay(UWE, 80, "2")]
    assert who(await fake_house.rosters.update(boss, session_id)) == {DANA: True, UWE: True}


async def test_the_same_report_again_adds_nothing(
    fake_house: House, boss: Actor, session_id: UUID, vendor: Vendor
) -> None:
    vendor.report = [stay(DANA, 80)]
    for _ in range(3):
        await fake_house.rosters.update(boss, session_id)
    kept = await fake_house.stories.evidence(boss, session_id, None, 50)
    assert [one.superseded_at for one in kept] == [None]


async def test_a_provider_that_is_away_changes_nothing(
    fake_house: House, boss: Actor, session_id: UUID, vendor: Vendor, provider: type[Fake]
) -> None:
    vendor.report = [stay(DANA, 80)]
    before = await fake_house.rosters.update(boss, session_id)

    async def away(*_: object) -> None:
        raise ProviderUnavailable

    provider.attendance = away  # type: ignore[assignment, method-assign]
    with pytest.raises(ProviderUnavailable):
        await fake_house.rosters.update(boss, session_id)
    after = await fake_house.rosters.get(boss, session_id)
    assert (who(after), after.sheet) == (who(before), before.sheet)


async def test_looking_at_a_roster_asks_nobody(
    fake_house: House, boss: Actor, session_id: UUID, vendor: Vendor
) -> None:
    vendor.report = [stay(UWE, 80)]
    assert who(await fake_house.rosters.get(boss, session_id)) == {DANA: False}


async def test_a_correction_stands_over_the_evidence_for_the_lms_too(
    fake_house: House, caller: Caller, boss: Actor, session_id: UUID, vendor: Vendor
) -> None:
    vendor.report = [stay(DANA, 80)]
    assert await fake_house.attendance.attendees(caller, "S1") == [DANA]
    gone = Correction("dana.lee@EXAMPLE.com", False, "left, asked a friend to stay signed in")
    await fake_house.rosters.mark(boss, session_id, gone)
    came = Correction(UWE, True, "joined in the lecture hall")
    roster = await fake_house.rosters.mark(boss, session_id, came)
    assert who(roster) == {DANA: False, UWE: True}
    assert roster.lines[0].decision
    assert roster.lines[0].decision.attended, "the evidence is as it was"
    assert await fake_house.attendance.attendees(caller, "S1") == [UWE]
    await fake_house.rosters.update(boss, session_id)
    assert await fake_house.attendance.attendees(caller, "S1") == [UWE], "a mark outlives Update Roster"
    await fake_house.rosters.unmark(boss, session_id, DANA)
    await fake_house.rosters.unmark(boss, session_id, UWE)
    assert await fake_house.attendance.attendees(caller, "S1") == [DANA]


async def test_the_latest_correction_counts_and_removing_it_brings_the_evidence_back(
    fake_house: House, boss: Actor, session_id: UUID
) -> None:
    await fake_house.rosters.mark(boss, session_id, Correction(DANA, True, "was there"))
    roster = await fake_house.rosters.mark(boss, session_id, Correction(DANA, False, "was not"))
    assert who(roster) == {DANA: False}
    roster = await fake_house.rosters.mark(boss, session_id, Correction(DANA, True, "was indeed"))
    assert who(roster) == {DANA: True}
    assert who(await fake_house.rosters.unmark(boss, session_id, DANA)) == {DANA: False}
    with pytest.raises(NotFound):
        await fake_house.rosters.unmark(boss, session_id, DANA)


async def test_the_second_of_two_who_correct_at_once_is_told(
    fake_house: House, boss: Actor, session_id: UUID
) -> None:
    seen = (await fake_house.rosters.get(boss, session_id)).sheet.revision
    await fake_house.rosters.mark(boss, session_id, Correction(DANA, True, "a"), seen)
    with pytest.raises(Stale):
        await fake_house.rosters.mark(boss, session_id, Correction(DANA, False, "b"), seen)


@pytest.mark.parametrize(
    "wrong",
    [Correction("dana", True, "x"), Correction(DANA, True, " "), Correction(DANA, True, "x" * 501)],
)
async def test_a_correction_needs_a_person_and_a_reason(
    fake_house: House, boss: Actor, session_id: UUID, wrong: Correction
) -> None:
    with pytest.raises(InvalidRequest):
        await fake_house.rosters.mark(boss, session_id, wrong)


async def test_who_corrected_what_stands_in_the_audit_trail(
    fake_house: House, boss: Actor, session_id: UUID
) -> None:
    await fake_house.rosters.mark(boss, session_id, Correction(DANA, True, "was there"))
    await fake_house.rosters.unmark(boss, session_id, DANA)
    from app.services.audit import Wanted as Deeds

    found = await fake_house.audit.search(boss, Deeds(subject=f"session:{session_id}"), None, 10)
    assert [one.action for one in found] == ["roster.unmarked", "roster.marked"]
    assert found[0].before["reason"] == "was there"


async def test_parts_of_a_learning_object_stand_together(
    fake_house: House, caller: Caller, boss: Actor
) -> None:
    for number in range(3):
        lo_id = "LO-1" if number < 2 else None
        await fake_house.sessions.create(
            caller, draft(f"Part {number}", external_id=f"P{number}", lo_id=lo_id)
        )
    await fake_house.launches.launch(caller, "P1", DANA, "c")
    ids = [one.session.id for one in await fake_house.stories.page(boss, Wanted(text="part"), None, 9)]
    parts = [await fake_house.rosters.parts(boss, one) for one in ids]
    assert sorted(len(part) for part in parts) == [1, 2, 2]


async def test_a_provider_without_reports_says_so(
    fake_house: House, caller: Caller, boss: Actor, session_id: UUID, provider: type[Fake]
) -> None:
    from dataclasses import replace

    from app.providers.base import AttendanceSource

    provider.card = replace(provider.card, attendance=AttendanceSource.NONE)
    with pytest.raises(Conflict, match="no report"):
        await fake_house.rosters.update(boss, session_id)
    assert not (await fake_house.rosters.get(boss, session_id)).reports


async def test_the_table_has_a_line_for_everybody(fake_house: House, boss: Actor, session_id: UUID) -> None:
    await fake_house.rosters.mark(boss, session_id, Correction(UWE, True, "=cmd|' /C calc'!A0"))
    lines = columns(await fake_house.rosters.exported(boss, session_id))
    assert lines[0][:3] == ("E-mail", "Role", "Attended")
    assert [line[0] for line in lines[1:]] == [DANA, UWE]
    assert lines[2][5] == "hand"
