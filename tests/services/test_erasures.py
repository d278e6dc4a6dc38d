"""An erased person does not come back by what is told late; who is trained again is an ordinary person."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.db import sessions
from app.db.tables import erasures, evidence, launches
from app.domain.actor import Actor
from app.domain.attendance import Policy, Rule
from app.domain.caller import Caller
from app.domain.people import InstructorDraft
from app.domain.permissions import Scope
from app.domain.session import Session
from app.providers.base import PresenceRow
from app.wiring import House
from tests.conftest import Hands
from tests.providers.fakes import Fake, Vendor, fake_provider, filing, reporting
from tests.providers.formed import actor_with
from tests.services.conftest import draft

DANA, INA = "Dana.Lee@example.com", "ina@example.com"
HEADER = "ConferenceUri,UserUri,UserJoinTime,UserLeaveTime"


@pytest.fixture
def provider() -> type[Fake]:
    policy = Policy(Rule.PRESENT, minimum=timedelta(minutes=10))
    return filing(reporting(fake_provider(), policy), policy)


@pytest.fixture
def boss(caller: Caller) -> Actor:
    return actor_with(caller.tenant_id, *Scope)


async def _over(house: House, caller: Caller, vendor: Vendor, clock: Hands) -> Session:
    """A class that Dana attended, an hour after its end."""
    wanted = draft()
    clock.now = wanted.starts_at - timedelta(minutes=10)
    await house.sessions.create(caller, wanted)
    await house.launches.launch(caller, wanted.external_id, DANA, "c-1")
    vendor.report = [_stay(wanted, DANA, "row-1")]
    clock.now = wanted.ends_at + timedelta(hours=1)
    assert await house.attendance.attendees(caller, wanted.external_id) == [DANA]
    async with house.db.read() as tx:
        found = await sessions.find(tx, caller.tenant_id, wanted.external_id)
    assert found
    return found


def _stay(wanted, who: str, instance: str) -> PresenceRow:  # type: ignore[no-untyped-def]
    return PresenceRow(who, wanted.starts_at, wanted.starts_at + timedelta(minutes=40), instance)


async def _named(house: House) -> set[str]:
    """Everybody in launches and evidence."""
    async with house.db.read() as tx:
        found = [*(await tx.scalars(select(evidence.c.email))), *(await tx.scalars(select(launches.c.email)))]
    return set(found)


async def test_a_report_that_names_an_erased_person_is_kept_under_the_pseudonym(
    fake_house: House, caller: Caller, boss: Actor, vendor: Vendor, clock: Hands
) -> None:
    session = await _over(fake_house, caller, vendor, clock)
    done = await fake_house.privacy.erase(boss, DANA)
    vendor.report += [_stay(session, DANA.upper(), "row-2"), _stay(session, "eve@example.com", "row-3")]
    attended = await fake_house.attendance.attendees(caller, session.external_id)
    assert sorted(attended) == sorted([done.pseudonym, "eve@example.com"])
    assert await _named(fake_house) == {done.pseudonym, "eve@example.com"}


async def test_asking_the_provider_again_supersedes_nothing_of_an_erased_person(
    fake_house: House, caller: Caller, boss: Actor, vendor: Vendor, clock: Hands
) -> None:
    session = await _over(fake_house, caller, vendor, clock)
    done = await fake_house.privacy.erase(boss, DANA)
    roster = await fake_house.rosters.update(boss, session.id)
    assert [(line.email, line.attended) for line in roster.lines] == [(done.pseudonym, True)]
    assert "no longer" not in roster.sheet.fetch_note
    assert await _named(fake_house) == {done.pseudonym}


async def test_a_file_that_is_imported_again_does_not_bring_the_name_back(
    fake_house: House, caller: Caller, boss: Actor, vendor: Vendor, clock: Hands
) -> None:
    session = await _over(fake_house, caller, vendor, clock)
    done = await fake_house.privacy.erase(boss, DANA)
    line = f"m1,sip:{DANA},{session.starts_at:%Y-%m-%d %H:%M:%S},{session.ends_at:%Y-%m-%d %H:%M:%S}"
    for _ in range(2):
        await fake_house.attendance_files.import_file(boss, session.id, f"{HEADER}\n{line}".encode())
    assert await _named(fake_house) == {done.pseudonym}


async def test_an_erased_instructor_is_known_by_the_providers_own_name_too(
    fake_house: House, caller: Caller, boss: Actor, vendor: Vendor, clock: Hands
) -> None:
    await fake_house.instructors.add(caller, InstructorDraft(INA, "Ina", "Ruiz"))
    session = await _over(fake_house, caller, vendor, clock)
    done = await fake_house.privacy.erase(boss, INA)
    vendor.report = [_stay(session, f"id:{INA}", "row-9")]  # as the fake's directory calls her
    await fake_house.attendance.attendees(caller, session.external_id)
    assert done.pseudonym in await _named(fake_house)
    assert not any("ina@" in name for name in await _named(fake_house))


async def test_who_is_trained_again_after_the_erasure_is_an_ordinary_person(
    fake_house: House, caller: Caller, boss: Actor, vendor: Vendor, clock: Hands
) -> None:
    await _over(fake_house, caller, vendor, clock)
    await fake_house.privacy.erase(boss, DANA)
    starts = clock.now + timedelta(hours=1)
    again = draft(starts_at=starts, ends_at=starts + timedelta(hours=1))
    await fake_house.sessions.create(caller, again)
    await fake_house.launches.launch(caller, again.external_id, DANA, "c-2")
    vendor.report = [_stay(again, DANA, "row-1")]
    clock.now = again.ends_at + timedelta(hours=1)
    assert await fake_house.attendance.attendees(caller, again.external_id) == [DANA]


async def test_the_memory_of_an_erasure_tells_no_address_and_reaches_no_other_tenant(
    fake_house: House, caller: Caller, boss: Actor, vendor: Vendor, clock: Hands
) -> None:
    session = await _over(fake_house, caller, vendor, clock)
    await fake_house.privacy.erase(boss, DANA)
    async with fake_house.db.read() as tx:
        (row,) = (await tx.execute(select(erasures))).all()
    assert "dana" not in repr(tuple(row)).casefold()
    assert row.tenant_id == session.tenant_id
    assert row.erased_at == clock.now
    namer = await fake_house.privacy._erasures.namer()
    assert namer.digest(session.tenant_id, "dana.lee@example.com") == row.digest
    assert namer.digest(session.id, "dana.lee@example.com") != row.digest


async def test_an_erasure_that_found_nobody_is_not_remembered(fake_house: House, boss: Actor) -> None:
    from app.domain.errors import NotFound

    with pytest.raises(NotFound):
        await fake_house.privacy.erase(boss, "never@example.com")
    async with fake_house.db.read() as tx:
        assert (await tx.execute(select(erasures))).all() == []
