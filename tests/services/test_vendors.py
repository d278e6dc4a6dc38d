"""ILT vendors and their instructors, as people manage them."""

import asyncio

import pytest
from sqlalchemy import select

from app.db.tables import audit, sessions
from app.domain.actor import Actor
from app.domain.caller import Caller
from app.domain.errors import (
    Conflict,
    InstructorNotFound,
    InvalidRequest,
    NotAllowed,
    NotFound,
    PersonUnknown,
    Stale,
)
from app.domain.people import InstructorDraft
from app.domain.permissions import Scope
from app.services.faculties import InstructorEdit
from app.services.vendors import Sought, Vendor, VendorChange
from app.wiring import House
from tests.providers.formed import GOOD, Formed, actor_with
from tests.services.conftest import draft

INA = InstructorDraft("Ina@x.example", "Ina", "Ruiz", active=True)


@pytest.fixture
async def lms(office: House, admin: Actor) -> Caller:
    """The LMS's credential for the formed vendor's connection."""
    made = await office.preferences.save(admin, "formed", GOOD)
    assert made.credential is not None
    return await office.access.basic(made.credential.client_id, made.credential.client_secret, "192.0.2.9")


@pytest.fixture
async def vendor(office: House, admin: Actor, lms: Caller) -> Vendor:
    found = await office.vendors.page(admin, Sought("formed"), None, 10)
    return found[0]


def presenters(formed: type[Formed]) -> list[str]:
    ((_, spec),) = formed.vendor.meetings.values()
    return sorted(person.email for person in spec.presenters)


async def test_a_vendor_made_by_hand_is_renamed_and_switched_off(office: House, admin: Actor) -> None:
    made = await office.vendors.create(admin, "  Acme Training ")
    assert (made.name, made.origin, made.active, made.revision) == ("Acme Training", "manual", True, 1)
    off = await office.vendors.change(admin, made.id, VendorChange("ACME", active=False), made.revision)
    assert (off.name, off.active) == ("ACME", False)
    with pytest.raises(Stale):
        await office.vendors.change(admin, made.id, VendorChange(active=True), made.revision)
    async with office.db.read() as tx:
        deeds = (await tx.scalars(select(audit.c.action).order_by(audit.c.number))).all()
    assert deeds == ["vendor.created", "vendor.changed"]


async def test_a_name_is_taken_however_it_is_spelled(office: House, admin: Actor, foreigner: Actor) -> None:
    made = await office.vendors.create(admin, "Straße")
    await office.vendors.create(foreigner, "Straße")
    with pytest.raises(Conflict):
        await office.vendors.create(admin, "STRASSE")
    other = await office.vendors.create(admin, "Other")
    with pytest.raises(Conflict):
        await office.vendors.change(admin, other.id, VendorChange("strasse"))
    assert (await office.vendors.change(admin, made.id, VendorChange("STRASSE"))).name == "STRASSE"


async def test_twins_made_at_once_are_one(office: House, admin: Actor) -> None:
    done = await asyncio.gather(
        *(office.vendors.create(admin, "Twin") for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(one, Vendor) for one in done) == 1


async def test_vendors_are_found_by_part_of_the_name_and_state_page_by_page(
    office: House, admin: Actor
) -> None:
    for name in ("Delta", "alpha", "Beta 100%", "Gamma"):
        await office.vendors.create(admin, name)
    first = await office.vendors.page(admin, Sought(), None, 2)
    rest = await office.vendors.page(admin, Sought(), first[-1].place, 9)
    assert [one.name for one in (*first, *rest)] == ["alpha", "Beta 100%", "Delta", "Gamma", "Practice room"]
    assert [one.name for one in await office.vendors.page(admin, Sought("A 100%"), None, 9)] == ["Beta 100%"]
    assert await office.vendors.page(admin, Sought("_"), None, 9) == []
    assert await office.vendors.page(admin, Sought(active=False), None, 9) == []
    with pytest.raises(InvalidRequest):
        await office.vendors.page(admin, Sought("a\x00"), None, 9)


async def test_each_deed_needs_its_permission_and_view_with_it(office: House, admin: Actor) -> None:
    made = await office.vendors.create(admin, "Acme")
    view, create, update = Scope.ILT_VENDORS_VIEW, Scope.ILT_VENDORS_CREATE, Scope.ILT_VENDORS_UPDATE
    deeds = (
        (lambda a: office.vendors.page(a, Sought(), None, 1), {view}),
        (lambda a: office.vendors.get(a, made.id), {view}),
        (lambda a: office.faculties.page(a, made.id, "", None, 1), {view}),
        (lambda a: office.vendors.create(a, "New"), {view, create}),
        (lambda a: office.vendors.change(a, made.id, VendorChange()), {view, update}),
    )
    for deed, needed in deeds:
        for missing in needed:
            with pytest.raises(NotAllowed):
                await deed(actor_with(admin.tenant_id, *(s for s in Scope if s is not missing)))
        await deed(actor_with(admin.tenant_id, *needed))


async def test_what_belongs_to_another_tenant_is_not_there(
    office: House, admin: Actor, foreigner: Actor, vendor: Vendor
) -> None:
    ina = await office.faculties.add(admin, vendor.id, INA)
    for deed in (
        office.vendors.get(foreigner, vendor.id),
        office.vendors.change(foreigner, vendor.id, VendorChange("Mine")),
        office.faculties.page(foreigner, vendor.id, "", None, 9),
        office.faculties.get(foreigner, vendor.id, ina.id),
        office.faculties.add(foreigner, vendor.id, INA),
        office.faculties.change(foreigner, vendor.id, ina.id, InstructorEdit(active=False)),
    ):
        with pytest.raises(NotFound):
            await deed


async def test_an_instructor_is_checked_at_the_provider(
    office: House, admin: Actor, vendor: Vendor, formed: type[Formed]
) -> None:
    formed.vendor.people = {"ina@x.example"}
    ina = await office.faculties.add(admin, vendor.id, INA)
    assert (ina.email, ina.identity, ina.active) == ("Ina@x.example", "id:ina@x.example", True)
    with pytest.raises(PersonUnknown):
        await office.faculties.add(admin, vendor.id, InstructorDraft("bo@x.example", "Bo", "Li"))
    assert len(await office.faculties.page(admin, vendor.id, "", None, 9)) == 1


async def test_a_duplicate_is_told_kindly(office: House, admin: Actor, vendor: Vendor) -> None:
    ina = await office.faculties.add(admin, vendor.id, INA)
    twin = InstructorDraft("INA@x.example", "I.", "R.")
    with pytest.raises(Conflict, match="Ina Ruiz is an instructor of this vendor already"):
        await office.faculties.add(admin, vendor.id, twin)
    await office.faculties.change(admin, vendor.id, ina.id, InstructorEdit(active=False))
    with pytest.raises(Conflict, match="Activate the existing entry"):
        await office.faculties.add(admin, vendor.id, twin)
    bo = await office.faculties.add(admin, vendor.id, InstructorDraft("bo@x.example", "Bo", "Li"))
    with pytest.raises(Conflict):
        await office.faculties.change(admin, vendor.id, bo.id, InstructorEdit(email="ina@X.example"))


@pytest.mark.parametrize(
    "wrong",
    [
        InstructorDraft("nowhere", "A", "B"),
        InstructorDraft("a@x.example", " ", "B"),
        InstructorDraft("a@x.example", "A", "x" * 101),
        InstructorDraft("a\x00@x.example", "A", "B"),
    ],
)
async def test_what_cannot_be_a_person_is_refused(
    office: House, admin: Actor, vendor: Vendor, wrong: InstructorDraft
) -> None:
    with pytest.raises(InvalidRequest):
        await office.faculties.add(admin, vendor.id, wrong)


async def test_an_instructor_of_the_lms_and_of_the_page_is_one(
    office: House, admin: Actor, vendor: Vendor, lms: Caller
) -> None:
    await office.instructors.add(lms, INA)
    (ina,) = await office.faculties.page(admin, vendor.id, "ruiz", None, 9)
    assert ina.email == INA.email
    with pytest.raises(Conflict):
        await office.faculties.add(admin, vendor.id, INA)


async def test_a_deactivated_instructor_loses_presenter_rights_at_the_provider(
    office: House, admin: Actor, vendor: Vendor, lms: Caller, formed: type[Formed]
) -> None:
    ina = await office.faculties.add(admin, vendor.id, INA)
    await office.sessions.create(lms, draft(instructors=("ina@x.example", "guest@x.example")))
    assert presenters(formed) == ["Ina@x.example", "guest@x.example"]
    await office.faculties.change(admin, vendor.id, ina.id, InstructorEdit(active=False), ina.revision)
    await sweep(office)
    assert presenters(formed) == ["guest@x.example"]


async def test_a_rename_takes_past_and_coming_sessions_along(
    office: House, admin: Actor, vendor: Vendor, lms: Caller, formed: type[Formed]
) -> None:
    ina = await office.faculties.add(admin, vendor.id, INA)
    await office.sessions.create(lms, draft(instructors=("ina@x.example",)))
    renamed = await office.faculties.change(admin, vendor.id, ina.id, InstructorEdit(email="ina.r@x.example"))
    assert (renamed.id, renamed.identity) == (ina.id, "id:ina.r@x.example")
    await sweep(office)
    assert presenters(formed) == ["ina.r@x.example"]
    async with office.db.read() as tx:
        revisions = (await tx.scalars(select(sessions.c.revision))).all()
    assert revisions == [2]


async def sweep(office: House) -> None:
    """Let upkeep do what is due."""
    async with office.db.read() as tx:
        ids = (await tx.scalars(select(sessions.c.id))).all()
    for session_id in ids:
        await office.meetings.settle(session_id)


async def test_of_two_who_edit_an_instructor_the_second_is_told(
    office: House, admin: Actor, vendor: Vendor
) -> None:
    ina = await office.faculties.add(admin, vendor.id, INA)
    edited = await office.faculties.change(
        admin, vendor.id, ina.id, InstructorEdit(first_name="Irina"), ina.revision
    )
    assert edited.first_name == "Irina"
    with pytest.raises(Stale):
        await office.faculties.change(admin, vendor.id, ina.id, InstructorEdit(last_name="R"), ina.revision)


async def test_a_vendor_that_is_off_takes_nobody_in_but_lets_people_go(
    office: House, admin: Actor, vendor: Vendor
) -> None:
    ina = await office.faculties.add(admin, vendor.id, INA)
    await office.integrations.deactivate(admin, vendor.connection_id)
    with pytest.raises(Conflict, match="not active"):
        await office.faculties.add(admin, vendor.id, InstructorDraft("bo@x.example", "Bo", "Li"))
    off = await office.faculties.change(admin, vendor.id, ina.id, InstructorEdit(active=False))
    assert not off.active


async def test_an_instructor_of_another_vendor_is_not_there(
    office: House, admin: Actor, vendor: Vendor
) -> None:
    ina = await office.faculties.add(admin, vendor.id, INA)
    (practice,) = await office.vendors.page(admin, Sought("practice"), None, 1)
    with pytest.raises(InstructorNotFound):
        await office.faculties.get(admin, practice.id, ina.id)


async def test_every_deed_on_instructors_is_in_the_audit_trail(
    office: House, admin: Actor, vendor: Vendor
) -> None:
    ina = await office.faculties.add(admin, vendor.id, INA)
    await office.faculties.change(admin, vendor.id, ina.id, InstructorEdit(active=False))
    async with office.db.read() as tx:
        rows = (await tx.execute(select(audit.c.action, audit.c.subject).order_by(audit.c.number))).all()
    assert [tuple(row) for row in rows[-2:]] == [
        ("instructor.added", f"instructor:{ina.id}"),
        ("instructor.changed", f"instructor:{ina.id}"),
    ]
