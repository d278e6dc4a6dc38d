"""Launches: the person's own link, the right role, and what the link leads to later."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.db import instructors, vendors
from app.db.instructors import Faculty
from app.db.tables import evidence, launches
from app.domain.caller import Caller
from app.domain.errors import LinkNotValid, SessionCancelled, SessionNotFound
from app.domain.people import InstructorChange, InstructorDraft, Role
from app.services.launches import Door, Visit
from app.wiring import House
from tests.conftest import Hands
from tests.providers.fakes import Vendor
from tests.services.conftest import draft

INA = InstructorDraft("instructor@example.com", "Ina", "Ruiz")


async def visit_of(house: House, caller: Caller, external_id: str, email: str) -> Visit:
    url = await house.launches.launch(caller, external_id, email, "c-1")
    return await house.launches.visit(url.rsplit("/", 1)[1])


async def role_of(house: House, caller: Caller, external_id: str, email: str) -> Role:
    return (await visit_of(house, caller, external_id, email)).role


async def test_a_launch_asks_no_provider_and_is_on_record(
    fake_house: House, caller: Caller, vendor: Vendor
) -> None:
    wanted = draft()
    await fake_house.sessions.create(caller, wanted)
    vendor.calls.clear()
    url = await fake_house.launches.launch(caller, wanted.external_id, "dana.lee@example.com", "c-1")
    assert vendor.calls == []
    assert "dana" not in url
    async with fake_house.db.read() as tx:
        rows = (await tx.execute(select(launches.c.email, launches.c.correlation_id))).all()
    assert rows == [("dana.lee@example.com", "c-1")]


async def test_the_registry_makes_an_instructor_where_the_session_names_nobody(
    fake_house: House, caller: Caller
) -> None:
    wanted = draft()
    await fake_house.instructors.add(caller, INA)
    await fake_house.sessions.create(caller, wanted)
    assert await role_of(fake_house, caller, wanted.external_id, "Instructor@Example.COM") is Role.INSTRUCTOR
    assert await role_of(fake_house, caller, wanted.external_id, "dana@example.com") is Role.LEARNER


async def test_the_session_names_its_instructors_and_one_taken_off_is_a_learner(
    fake_house: House, caller: Caller
) -> None:
    await fake_house.instructors.add(caller, INA)
    wanted = draft(instructors=("instructor@example.com", "b@example.com"))
    await fake_house.sessions.create(caller, wanted)
    assert await role_of(fake_house, caller, wanted.external_id, "b@example.com") is Role.INSTRUCTOR
    held = await visit_of(fake_house, caller, wanted.external_id, "instructor@example.com")
    assert held.role is Role.INSTRUCTOR
    await fake_house.sessions.create(caller, replace(wanted, instructors=("b@example.com",)))
    assert await role_of(fake_house, caller, wanted.external_id, "instructor@example.com") is Role.LEARNER


# Of the registry: "" is no row, of the session: "" is not named. Whoever is in no line here is a learner.
INSTRUCTORS = {
    ("named", "", ""), ("named", "", "inactive"), ("named", "", "active"),
    ("named", "active", ""), ("named", "active", "inactive"), ("named", "active", "active"),
    ("", "active", ""), ("", "active", "inactive"), ("", "active", "active"),
    ("", "", "active"),
}  # fmt: skip


@pytest.mark.parametrize("elsewhere", ["", "inactive", "active"])
@pytest.mark.parametrize("here", ["", "inactive", "active"])
@pytest.mark.parametrize("listed", ["", "named", "removed"])
async def test_the_role_at_launch_in_every_case(
    fake_house: House, caller: Caller, clock: Hands, listed: str, here: str, elsewhere: str
) -> None:
    """Contract C, "role at launch"; at the launch and at the link that is held, which ask apart."""
    named, nobody = (INA.email, "b@example.com"), ("b@example.com",)
    wanted = draft(instructors=named if listed else nobody)
    await fake_house.sessions.create(caller, wanted)
    if listed == "removed":
        await fake_house.sessions.create(caller, replace(wanted, instructors=nobody))
    async with fake_house.db.begin() as tx:
        vendor_made_by_hand = await vendors.add(tx, caller.tenant_id, "Another", None, clock.now)
        classes_own = Faculty(caller.tenant_id, caller.connection_id)
        another = Faculty(caller.tenant_id, vendor_id=vendor_made_by_hand.id)
        for faculty, state in ((classes_own, here), (another, elsewhere)):
            if state:
                known = replace(INA, active=state == "active")
                await instructors.put(tx, faculty, [(known, None)], clock.now)
    url = await fake_house.launches.launch(caller, wanted.external_id, INA.email, "")
    async with fake_house.db.read() as tx:
        at_launch = Role(await tx.scalar(select(launches.c.role)))
    held = await fake_house.launches.visit(url.rsplit("/", 1)[1])
    of_an_instructor = (listed, here, elsewhere) in INSTRUCTORS
    assert at_launch is held.role is (Role.INSTRUCTOR if of_an_instructor else Role.LEARNER)


async def test_a22_a_rename_is_followed_in_old_sessions_and_held_links(
    fake_house: House, caller: Caller
) -> None:
    await fake_house.instructors.add(caller, INA)
    wanted = draft(instructors=("instructor@example.com",))
    await fake_house.sessions.create(caller, wanted)
    url = await fake_house.launches.launch(caller, wanted.external_id, "instructor@example.com", "")
    renamed = InstructorDraft("ina.ruiz@example.com", "Ina", "Ruiz", active=True)
    await fake_house.instructors.update(caller, InstructorChange("instructor@example.com", renamed))
    assert await role_of(fake_house, caller, wanted.external_id, "ina.ruiz@example.com") is Role.INSTRUCTOR
    held = await fake_house.launches.visit(url.rsplit("/", 1)[1])
    assert held.role is Role.INSTRUCTOR
    assert held.person.name == "Ina Ruiz"


async def test_a_deactivated_instructor_is_a_learner_at_once_even_with_a_held_link(
    fake_house: House, caller: Caller
) -> None:
    await fake_house.instructors.add(caller, INA)
    wanted = draft(instructors=("instructor@example.com",))
    await fake_house.sessions.create(caller, wanted)
    url = await fake_house.launches.launch(caller, wanted.external_id, "instructor@example.com", "")
    await fake_house.instructors.update(
        caller, InstructorChange("instructor@example.com", replace(INA, active=False))
    )
    held = await fake_house.launches.visit(url.rsplit("/", 1)[1])
    assert held.role is Role.LEARNER


async def test_the_door_waits_opens_and_closes(fake_house: House, caller: Caller, clock: Hands) -> None:
    wanted = draft(starts_at=clock.now + timedelta(hours=1), ends_at=clock.now + timedelta(hours=2))
    await fake_house.sessions.create(caller, wanted)
    url = await fake_house.launches.launch(caller, wanted.external_id, "dana@example.com", "")
    token = url.rsplit("/", 1)[1]
    doors = []
    for minutes in (0, 46, 75, 30):
        clock.move(minutes=minutes)
        doors.append((await fake_house.launches.visit(token)).door)
    assert doors == [Door.WAITING, Door.OPEN, Door.OPEN, Door.OVER]


async def test_b10_a_held_link_lives_through_a_move_and_tells_of_a_cancel(
    fake_house: House, caller: Caller, clock: Hands
) -> None:
    wanted = draft(starts_at=clock.now, ends_at=clock.now + timedelta(hours=1))
    await fake_house.sessions.create(caller, wanted)
    url = await fake_house.launches.launch(caller, wanted.external_id, "dana@example.com", "")
    token = url.rsplit("/", 1)[1]
    later = replace(wanted, starts_at=clock.now + timedelta(days=9), ends_at=clock.now + timedelta(days=10))
    await fake_house.sessions.create(caller, later)
    assert (await fake_house.launches.visit(token)).door is Door.WAITING
    await fake_house.sessions.cancel(caller, wanted.external_id)
    assert (await fake_house.launches.visit(token)).door is Door.CANCELLED
    with pytest.raises(SessionCancelled):
        await fake_house.launches.launch(caller, wanted.external_id, "dana@example.com", "")
    await fake_house.sessions.create(caller, wanted)
    assert (await fake_house.launches.visit(token)).door is Door.OPEN


async def test_a_meeting_that_is_not_there_yet_is_being_prepared(
    fake_house: House, caller: Caller, clock: Hands, vendor: Vendor
) -> None:
    vendor.faults = ["down"]
    wanted = draft(starts_at=clock.now, ends_at=clock.now + timedelta(hours=1))
    await fake_house.sessions.create(caller, wanted)
    assert (await visit_of(fake_house, caller, wanted.external_id, "d@example.com")).door is Door.PREPARING
    clock.move(minutes=2)
    await fake_house.jobs.sweep()
    assert (await visit_of(fake_house, caller, wanted.external_id, "d@example.com")).door is Door.OPEN


async def test_entering_leaves_evidence_and_leads_to_the_provider(
    fake_house: House, caller: Caller, clock: Hands
) -> None:
    wanted = draft(starts_at=clock.now, ends_at=clock.now + timedelta(hours=1))
    await fake_house.sessions.create(caller, wanted)
    held = await visit_of(fake_house, caller, wanted.external_id, "dana@example.com")
    assert await fake_house.launches.enter(held) == "https://meet.example/x"
    async with fake_house.db.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(evidence)) == 1


@pytest.mark.parametrize("change", ["", "x", "A" * 43, "..", "é", "A" * 5000])
async def test_a_forged_link_is_not_valid(fake_house: House, caller: Caller, change: str) -> None:
    wanted = draft()
    await fake_house.sessions.create(caller, wanted)
    url = await fake_house.launches.launch(caller, wanted.external_id, "dana@example.com", "")
    token = url.rsplit("/", 1)[1]
    signed, _, key = token.partition(".")
    flipped = ("B" if signed[5] != "B" else "C").join([signed[:5], signed[6:]])
    for forged in (change, f"{flipped}.{key}", f"{signed}.other", signed, f"{change}.{key}"):
        with pytest.raises(LinkNotValid):
            await fake_house.launches.visit(forged)


async def test_another_portals_session_is_not_found(
    fake_house: House, caller: Caller, stranger: Caller
) -> None:
    wanted = draft()
    await fake_house.sessions.create(caller, wanted)
    with pytest.raises(SessionNotFound):
        await fake_house.launches.launch(stranger, wanted.external_id, "dana@example.com", "")
    with pytest.raises(SessionNotFound):
        await fake_house.attendance.attendees(stranger, wanted.external_id)


async def test_session_ids_match_in_any_case_and_with_braces(fake_house: House, caller: Caller) -> None:
    wanted = draft(external_id="{3F1C2F0E-2A7B-4F0E-8F39-0C1D5F6E7A81}")
    await fake_house.sessions.create(caller, wanted)
    assert await fake_house.launches.launch(
        caller, "3f1c2f0e-2a7b-4f0e-8f39-0c1d5f6e7a81", "dana@example.com", ""
    )
