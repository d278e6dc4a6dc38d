"""Instructors: checked at the provider, kept once, renamed, switched off; the presenters follow."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.db.tables import instructors
from app.domain.actor import commanding
from app.domain.caller import Caller
from app.domain.errors import PersonUnknown
from app.domain.people import InstructorChange, InstructorDraft
from app.services.audit import Wanted
from app.wiring import House
from tests.conftest import Hands
from tests.providers.fakes import Vendor
from tests.services.conftest import draft

INA = InstructorDraft("instructor@example.com", "Ina", "Ruiz")


async def registry(house: House) -> dict[str, bool]:
    async with house.db.read() as tx:
        rows = (await tx.execute(select(instructors.c.email, instructors.c.active))).all()
    return {row.email: row.active for row in rows}


async def test_adding_again_keeps_one(fake_house: House, caller: Caller) -> None:
    await fake_house.instructors.add(caller, INA)
    await fake_house.instructors.add(caller, replace(INA, email="Instructor@example.com", last_name="R."))
    assert await registry(fake_house) == {"Instructor@example.com": True}


async def test_a13_somebody_the_directory_lacks_is_refused_and_not_kept(
    fake_house: House, caller: Caller, vendor: Vendor
) -> None:
    vendor.people = set()
    with pytest.raises(PersonUnknown):
        await fake_house.instructors.add(caller, INA)
    assert await registry(fake_house) == {}


async def test_switching_off_works_when_the_directory_forgot_the_person(
    fake_house: House, caller: Caller, vendor: Vendor
) -> None:
    await fake_house.instructors.add(caller, INA)
    vendor.people = set()
    await fake_house.instructors.update(caller, InstructorChange(INA.email, replace(INA, active=False)))
    assert await registry(fake_house) == {INA.email: False}


async def test_an_update_without_is_active_leaves_it(fake_house: House, caller: Caller) -> None:
    await fake_house.instructors.update(caller, InstructorChange(INA.email, replace(INA, active=False)))
    await fake_house.instructors.update(caller, InstructorChange(INA.email, replace(INA, active=None)))
    assert await registry(fake_house) == {INA.email: False}


async def test_renaming_onto_a_known_instructor_leaves_one_active(fake_house: House, caller: Caller) -> None:
    other = InstructorDraft("ina.ruiz@example.com", "Ina", "Ruiz")
    await fake_house.instructors.add(caller, INA)
    await fake_house.instructors.add(caller, other)
    await fake_house.instructors.update(caller, InstructorChange(INA.email, other))
    assert await registry(fake_house) == {INA.email: False, other.email: True}


async def test_a23_the_meetings_presenters_follow_the_instructors(
    fake_house: House, caller: Caller, vendor: Vendor, clock: Hands
) -> None:
    later = {"starts_at": clock.now + timedelta(days=1), "ends_at": clock.now + timedelta(days=1, hours=1)}
    await fake_house.instructors.add(caller, INA)
    named = draft(instructors=(INA.email,), **later)
    await fake_house.sessions.create(caller, named)
    await fake_house.instructors.update(
        caller, InstructorChange(INA.email, replace(INA, email="ina.ruiz@example.com"))
    )
    await fake_house.jobs.sweep()
    ((_, spec),) = vendor.meetings.values()
    assert [(p.email, p.identity) for p in spec.presenters] == [
        ("ina.ruiz@example.com", "id:ina.ruiz@example.com")
    ]
    gone = InstructorDraft("ina.ruiz@example.com", "Ina", "Ruiz", active=False)
    await fake_house.instructors.update(caller, InstructorChange(gone.email, gone))
    await fake_house.jobs.sweep()
    ((_, spec),) = vendor.meetings.values()
    assert spec.presenters == ()


async def _deeds(house: House, caller: Caller) -> list[tuple[str, str, object, object]]:
    found = await house.audit.search(
        commanding(caller.tenant_id, "test"), Wanted(action="instructor."), None, 20
    )
    assert all(verdict.broken_at is None for verdict in await house.audit.verify())
    return [(one.action, one.actor, one.before, one.after) for one in reversed(found)]


async def test_what_the_lms_changes_stands_in_the_audit_trail_and_what_it_repeats_does_not(
    fake_house: House, caller: Caller
) -> None:
    somewhere = replace(caller, address="192.0.2.5")
    for _ in range(3):
        await fake_house.instructors.add(somewhere, INA)
    renamed = InstructorChange(INA.email, replace(INA, email="ina.ruiz@example.com", active=False))
    await fake_house.instructors.update(somewhere, renamed)
    who, first = f"client:{caller.client_id}", {"first_name": "Ina", "last_name": "Ruiz"}
    assert await _deeds(fake_house, caller) == [
        ("instructor.added", who, None, {"email": INA.email, **first, "active": True}),
        (
            "instructor.changed",
            who,
            {"email": INA.email, **first, "active": True},
            {"email": "ina.ruiz@example.com", **first, "active": False},
        ),
    ]


async def test_an_instructor_who_was_refused_leaves_no_deed(
    fake_house: House, caller: Caller, vendor: Vendor
) -> None:
    vendor.people = set()
    with pytest.raises(PersonUnknown):
        await fake_house.instructors.add(caller, INA)
    assert await _deeds(fake_house, caller) == []
