"""A change of instructor in place: nothing but the presenter changes."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.db.tables import launches, meetings, session_instructors, sessions
from app.domain.actor import Actor, Constraint, Grant
from app.domain.caller import Caller
from app.domain.errors import Conflict, InvalidRequest, NotAllowed, SessionCancelled, SessionNotFound, Stale
from app.domain.people import Role
from app.domain.permissions import Scope
from app.services.audit import Wanted
from app.services.substitutes import Change
from app.wiring import House
from tests.conftest import Hands
from tests.providers.fakes import Vendor
from tests.services.scheduling import INA, TEN, TOM, Scheduler, hire, person, planner


@pytest.fixture
def taught(fake_house: House, caller: Caller, clock: Hands) -> Scheduler:
    clock.now = TEN - timedelta(hours=2)
    return Scheduler(fake_house, caller)


async def token(house: House, caller: Caller, session_id: UUID, email: str) -> str:
    async with house.db.read() as tx:
        external_id = await tx.scalar(select(sessions.c.external_id).where(sessions.c.id == session_id))
    return (await house.launches.launch(caller, str(external_id), email, "c")).rsplit("/", 1)[1]


async def test_b10_b11_a_change_of_instructor_keeps_the_meeting_and_everybodys_links(
    fake_house: House, caller: Caller, vendor: Vendor, taught: Scheduler
) -> None:
    await hire(fake_house, caller, INA, TOM)
    session_id = await taught(0, 1, INA)
    (meeting,) = vendor.meetings
    links = {who: await token(fake_house, caller, session_id, who) for who in (INA, TOM, "lea@example.com")}
    changed = await fake_house.substitutes.change_instructor(
        planner(caller.tenant_id), session_id, Change(INA, TOM)
    )
    assert (changed.trouble, changed.new.email) == ("", TOM)
    roles = {who: (await fake_house.launches.visit(link)).role for who, link in links.items()}
    assert roles == {INA: Role.LEARNER, TOM: Role.INSTRUCTOR, "lea@example.com": Role.LEARNER}
    assert list(vendor.meetings) == [meeting]
    assert [one.email for one in vendor.meetings[meeting][1].presenters] == [TOM]
    async with fake_house.db.read() as tx:
        rows = (await tx.execute(select(meetings).where(meetings.c.session_id == session_id))).all()
    assert len(rows) == 1


async def test_it_is_written_down_who_changed_the_instructor(
    fake_house: House, caller: Caller, taught: Scheduler
) -> None:
    await hire(fake_house, caller, INA, TOM)
    session_id = await taught(0, 1, INA)
    await fake_house.substitutes.change_instructor(planner(caller.tenant_id), session_id, Change(INA, TOM))
    auditor = Actor(caller.tenant_id, "user", "a@example.com", (Grant(Scope.AUDIT_VIEW),))
    (entry,) = await fake_house.audit.search(auditor, Wanted(action="session.instructor"), None, 5)
    assert (entry.actor, entry.subject) == ("user:pam@example.com", f"session:{session_id}")
    assert (entry.before, entry.after) == ({"instructor": INA}, {"instructor": TOM})


async def test_where_nobody_was_named_the_old_one_is_a_learner_afterwards(
    fake_house: House, caller: Caller, taught: Scheduler
) -> None:
    await hire(fake_house, caller, INA, TOM)
    session_id = await taught(0, 1)
    await fake_house.substitutes.change_instructor(planner(caller.tenant_id), session_id, Change(INA, TOM))
    lesson = await fake_house.schedules.lesson(planner(caller.tenant_id), session_id)
    link = await token(fake_house, caller, session_id, INA)
    assert [one.email for one in lesson.presenters] == [TOM]
    assert (await fake_house.launches.visit(link)).role is Role.LEARNER


@pytest.mark.parametrize("fault", ["down", "rejected"])
async def test_a_provider_in_trouble_hears_of_it_later_and_the_roles_are_right_at_once(
    fault: str, fake_house: House, caller: Caller, vendor: Vendor, taught: Scheduler
) -> None:
    await hire(fake_house, caller, INA, TOM)
    session_id = await taught(0, 1, INA)
    vendor.faults = [fault]
    changed = await fake_house.substitutes.change_instructor(
        planner(caller.tenant_id), session_id, Change(INA, TOM)
    )
    assert changed.trouble
    link = await token(fake_house, caller, session_id, TOM)
    assert (await fake_house.launches.visit(link)).role is Role.INSTRUCTOR


async def test_what_cannot_be_changed_is_refused_and_stays(
    fake_house: House, caller: Caller, taught: Scheduler, clock: Hands
) -> None:
    await hire(fake_house, caller, INA, TOM)
    gone, session_id = str(uuid4()), await taught(0, 1, INA)
    cancelled = await taught(0, 1, INA, external_id=gone)
    await fake_house.sessions.cancel(caller, gone)
    actor, change = planner(caller.tenant_id), fake_house.substitutes.change_instructor
    for wanted, error in (
        (Change(INA, INA.lower()), InvalidRequest),
        (Change(TOM, INA), Conflict),
        (Change(INA, "unknown@example.com"), Conflict),
        (Change(INA, TOM, expected=99), Stale),
    ):
        with pytest.raises(error):
            await change(actor, session_id, wanted)
    with pytest.raises(SessionCancelled):
        await change(actor, cancelled, Change(INA, TOM))
    with pytest.raises(SessionNotFound):
        await change(planner(uuid4()), session_id, Change(INA, TOM))
    clock.move(days=1)
    with pytest.raises(Conflict, match="over"):
        await change(actor, session_id, Change(INA, TOM))
    async with fake_house.db.read() as tx:
        named = await tx.execute(
            select(session_instructors.c.email).where(session_instructors.c.session_id == session_id)
        )
        assert named.scalars().all() == [INA]


async def test_it_takes_sessions_create_as_far_as_view_and_create_both_reach(
    fake_house: House, caller: Caller, taught: Scheduler
) -> None:
    await hire(fake_house, caller, INA, TOM)
    session_id = await taught(0, 1, INA)
    change, wanted = fake_house.substitutes.change_instructor, Change(INA, TOM)
    with pytest.raises(NotAllowed, match="Sessions - Create"):
        await change(person(caller.tenant_id), session_id, wanted)
    elsewhere = Grant(Scope.ILT_SESSIONS_CREATE, Constraint(vendors=frozenset({uuid4()})))
    with pytest.raises(SessionNotFound):
        await change(person(caller.tenant_id, INA, elsewhere), session_id, wanted)
    everywhere = Grant(Scope.ILT_SESSIONS_CREATE)
    assert (await change(person(caller.tenant_id, INA, everywhere), session_id, wanted)).revision == 2


async def test_a_signed_in_person_launches_as_by_the_lms(
    fake_house: House, caller: Caller, taught: Scheduler
) -> None:
    await hire(fake_house, caller, INA)
    session_id = await taught(0, 1, INA)
    toms = await taught(0, 1, TOM)
    link = await fake_house.launches.launch_own(person(caller.tenant_id), session_id, "by hand")
    visit = await fake_house.launches.visit(link.rsplit("/", 1)[1])
    assert (visit.role, visit.person.email, visit.session.id) == (Role.INSTRUCTOR, INA, session_id)
    async with fake_house.db.read() as tx:
        (row,) = (await tx.execute(select(launches))).all()
    assert (row.email, row.role, row.correlation_id) == (INA, "instructor", "by hand")
    with pytest.raises(SessionNotFound):
        await fake_house.launches.launch_own(person(caller.tenant_id), toms, "")
    machine = Actor(caller.tenant_id, "client", "c", (Grant(Scope.ILT_SESSIONS_VIEW),))
    with pytest.raises(InvalidRequest):
        await fake_house.launches.launch_own(machine, session_id, "")
