"""Instructors of a vendor made by hand, which nobody checks, beside those of connections; and over all."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.db.tables import instructors
from app.domain.actor import Actor, Constraint, Grant
from app.domain.caller import Caller
from app.domain.errors import Conflict, InstructorNotFound, NotFound
from app.domain.people import InstructorDraft, Role
from app.domain.permissions import Scope
from app.services.faculties import Enlisted, InstructorEdit, Sought
from app.services.stories import Wanted
from app.services.vendors import Vendor, VendorChange
from app.wiring import House
from tests.conftest import Hands
from tests.providers.fakes import Vendor as FarSide
from tests.providers.formed import actor_with
from tests.services.conftest import draft

INA = InstructorDraft("Ina@x.example", "Ina", "Ruiz", active=True)


@pytest.fixture
def boss(caller: Caller) -> Actor:
    return actor_with(caller.tenant_id, *Scope)


@pytest.fixture
async def acme(fake_house: House, boss: Actor) -> Vendor:
    return await fake_house.vendors.create(boss, "Acme")


async def role_of(house: House, caller: Caller, external_id: str, email: str) -> Role:
    url = await house.launches.launch(caller, external_id, email, "c-1")
    return (await house.launches.visit(url.rsplit("/", 1)[1])).role


async def test_somebody_is_added_and_no_provider_is_asked(
    fake_house: House, boss: Actor, acme: Vendor, vendor: FarSide
) -> None:
    vendor.people = set()
    ina = await fake_house.faculties.add(boss, acme.id, INA)
    assert (ina.email, ina.identity, ina.active, ina.revision) == ("Ina@x.example", None, True, 1)
    assert (ina.vendor_id, ina.connection_id) == (acme.id, None)
    with pytest.raises(Conflict, match="Ina Ruiz is an instructor of this vendor already"):
        await fake_house.faculties.add(boss, acme.id, InstructorDraft("INA@x.example", "I", "R"))
    assert await fake_house.faculties.page(boss, acme.id, "ruiz", None, 9) == [ina]
    assert await fake_house.faculties.get(boss, acme.id, ina.id) == ina


async def test_the_same_person_at_two_vendors_made_by_hand_is_two_entries(
    fake_house: House, boss: Actor, acme: Vendor
) -> None:
    other = await fake_house.vendors.create(boss, "Other")
    ina = await fake_house.faculties.add(boss, acme.id, INA)
    await fake_house.faculties.add(boss, other.id, INA)
    await fake_house.faculties.change(boss, acme.id, ina.id, InstructorEdit(first_name="Irina"))
    (there,) = await fake_house.faculties.page(boss, other.id, "", None, 9)
    assert (there.first_name, there.id != ina.id) == ("Ina", True)
    with pytest.raises(InstructorNotFound):
        await fake_house.faculties.get(boss, other.id, ina.id)


async def test_an_active_one_comes_into_the_portals_classes_as_an_instructor_and_a_deactivated_one_not(
    fake_house: House, caller: Caller, boss: Actor, acme: Vendor
) -> None:
    await fake_house.sessions.create(caller, draft(external_id="S1"))
    assert await role_of(fake_house, caller, "S1", INA.email) is Role.LEARNER
    ina = await fake_house.faculties.add(boss, acme.id, INA)
    assert await role_of(fake_house, caller, "S1", INA.email) is Role.INSTRUCTOR
    off = await fake_house.faculties.change(boss, acme.id, ina.id, InstructorEdit(active=False))
    assert not off.active
    assert await role_of(fake_house, caller, "S1", INA.email) is Role.LEARNER


async def test_the_classes_own_vendor_has_the_last_word(
    fake_house: House, caller: Caller, boss: Actor, acme: Vendor
) -> None:
    await fake_house.sessions.create(caller, draft(external_id="S1"))
    await fake_house.faculties.add(boss, acme.id, INA)
    await fake_house.instructors.add(caller, InstructorDraft(INA.email, "I", "R", active=False))
    assert await role_of(fake_house, caller, "S1", INA.email) is Role.LEARNER


async def test_a_rename_is_followed_by_the_link_that_is_held(
    fake_house: House, caller: Caller, boss: Actor, acme: Vendor
) -> None:
    ina = await fake_house.faculties.add(boss, acme.id, INA)
    await fake_house.sessions.create(caller, draft(external_id="S1"))
    held = await fake_house.launches.launch(caller, "S1", INA.email, "c")
    renamed = await fake_house.faculties.change(boss, acme.id, ina.id, InstructorEdit(email="i.r@x.example"))
    assert (renamed.id, renamed.email) == (ina.id, "i.r@x.example")
    visit = await fake_house.launches.visit(held.rsplit("/", 1)[1])
    assert (visit.role, visit.person.name) == (Role.INSTRUCTOR, "Ina Ruiz")


async def test_a_vendor_that_is_off_takes_nobody_in_and_lets_people_go(
    fake_house: House, boss: Actor, acme: Vendor
) -> None:
    ina = await fake_house.faculties.add(boss, acme.id, INA)
    await fake_house.vendors.change(boss, acme.id, VendorChange(active=False))
    with pytest.raises(Conflict, match="not active"):
        await fake_house.faculties.add(boss, acme.id, InstructorDraft("bo@x.example", "Bo", "Li"))
    assert not (await fake_house.faculties.change(boss, acme.id, ina.id, InstructorEdit(active=False))).active


async def test_another_tenants_vendor_is_not_there(fake_house: House, boss: Actor, acme: Vendor) -> None:
    far = actor_with(UUID(int=7), *Scope)
    ina = await fake_house.faculties.add(boss, acme.id, INA)
    for deed in (
        fake_house.faculties.add(far, acme.id, INA),
        fake_house.faculties.page(far, acme.id, "", None, 9),
        fake_house.faculties.change(far, acme.id, ina.id, InstructorEdit(active=False)),
        fake_house.imports.in_one_go(far, acme.id),
        fake_house.imports.bring_in(far, acme.id, []),
    ):
        with pytest.raises(NotFound):
            await deed
    assert await fake_house.faculties.everywhere(far, Sought(), None, 9) == []


async def test_over_all_vendors_each_entry_is_shown_once_with_its_vendor(
    fake_house: House, caller: Caller, boss: Actor, acme: Vendor
) -> None:
    await fake_house.instructors.add(caller, INA)
    for email in ("ina@X.example", "bo@x.example"):
        await fake_house.faculties.add(boss, acme.id, InstructorDraft(email, "Bo", "Li"))
    seen: list[Enlisted] = []
    while some := await fake_house.faculties.everywhere(boss, Sought(), seen[-1].place if seen else None, 1):
        seen += some
    assert [(one.instructor.person.key, one.vendor) for one in seen[:1]] == [("bo@x.example", "Acme")]
    assert {(one.instructor.email, one.vendor) for one in seen[1:]} == {
        (INA.email, "Practice room"),
        ("ina@X.example", "Acme"),
    }
    (ruiz,) = await fake_house.faculties.everywhere(boss, Sought("RUIZ"), None, 9)
    assert (ruiz.vendor_id != acme.id, ruiz.instructor.last_name) == (True, "Ruiz")
    assert await fake_house.faculties.everywhere(boss, Sought(active=False), None, 9) == []


async def test_a_permission_for_the_own_vendors_reaches_no_class_through_one_made_by_hand(
    fake_house: House, caller: Caller, boss: Actor, acme: Vendor
) -> None:
    await fake_house.sessions.create(caller, draft())
    await fake_house.faculties.add(boss, acme.id, INA)
    narrow = Grant(Scope.ILT_SESSIONS_VIEW, Constraint(own_vendors=True))
    ina = Actor(caller.tenant_id, "user", INA.email, (narrow,), person_key=INA.email.casefold())
    assert await fake_house.stories.page(ina, Wanted(), None, 9) == []


async def test_an_erasure_leaves_one_nameless_entry_at_each_vendor(
    fake_house: House, caller: Caller, boss: Actor, acme: Vendor, clock: Hands
) -> None:
    other = await fake_house.vendors.create(boss, "Other")
    for one in (acme, other):
        await fake_house.faculties.add(boss, one.id, INA)
    await fake_house.instructors.add(caller, INA)
    begins = clock.now + timedelta(days=1)
    coming = draft(starts_at=begins, ends_at=begins + timedelta(hours=1), instructors=(INA.email,))
    await fake_house.sessions.create(caller, coming)
    done = await fake_house.privacy.erase(boss, INA.email)
    assert done.rows["instructors"] == 3
    async with fake_house.db.read() as tx:
        rows = (await tx.execute(select(instructors.c.email_key, instructors.c.active))).all()
    assert [tuple(row) for row in rows] == [(done.pseudonym, False)] * 3
