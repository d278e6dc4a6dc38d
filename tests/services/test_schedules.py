"""An instructor's calendar across connections, its clashes, and free times of several people."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import structlog.testing
from sqlalchemy import insert

from app.db.tables import connections, session_instructors, sessions, vendors
from app.domain.actor import Actor, Constraint, Grant
from app.domain.calendar import Span
from app.domain.caller import Caller
from app.domain.errors import InvalidRequest, NotAllowed, SessionNotFound
from app.domain.people import InstructorDraft, person_key
from app.domain.permissions import Scope
from app.domain.slots import Hours, Search
from app.wiring import House
from tests.conftest import Hands
from tests.services.scheduling import INA, TEN, TOM, WINDOW, Scheduler, hire, person, planner


@pytest.fixture
async def second(fake_house: House, caller: Caller) -> Caller:
    """The same portal by another connection."""
    connection_id, now = uuid4(), fake_house.schedules.clock()
    dates = {"revision": 1, "created_at": now, "updated_at": now}
    named = {"tenant_id": caller.tenant_id, "name": "Second"}
    row = {"id": connection_id, "key": "second", "provider": "fake", "settings": {}, "state": "active"}
    async with fake_house.db.begin() as tx:
        await tx.execute(insert(connections).values(**named, **row, **dates))
        vendor = {"id": uuid4(), "connection_id": connection_id, "name_key": "second", "active": True}
        await tx.execute(insert(vendors).values(**named, **vendor, **dates))
    return replace(caller, connection_id=connection_id)


@pytest.fixture
def taught(fake_house: House, caller: Caller, clock: Hands) -> Scheduler:
    clock.now = TEN - timedelta(hours=2)
    return Scheduler(fake_house, caller)


async def test_b5_two_classes_at_once_are_told_across_connections(
    fake_house: House, caller: Caller, second: Caller, taught: Scheduler
) -> None:
    first = await taught(0, 2, INA)
    with structlog.testing.capture_logs() as said:
        other = await taught(1, 2, INA.lower(), by=second)
    await taught(3, 1, INA)
    found = await fake_house.schedules.conflicts(person(caller.tenant_id), INA, WINDOW)
    assert [(c.first.session_id, c.second.session_id) for c in found] == [(first, other)]
    assert found[0].together == Span(TEN + timedelta(hours=1), TEN + timedelta(hours=2))
    assert any(line["event"] == "an instructor has two classes at once" for line in said)
    listed = await fake_house.schedules.clashing(planner(caller.tenant_id), [first, other])
    assert listed == {first: [person_key(INA)], other: [person_key(INA)]}


async def test_a_cancelled_class_and_one_of_a_deactivated_instructor_clash_with_nothing(
    fake_house: House, caller: Caller, taught: Scheduler
) -> None:
    await hire(fake_house, caller, INA, TOM)
    gone, first = str(uuid4()), await taught(0, 2, INA, TOM)
    await taught(1, 2, INA, external_id=gone)
    await fake_house.sessions.cancel(caller, gone)
    await taught(1, 1, TOM)
    await fake_house.instructors.add(caller, InstructorDraft(TOM, "Tom", "Ruiz", active=False))
    admin = planner(caller.tenant_id)
    assert await fake_house.schedules.conflicts(admin, INA, WINDOW) == ()
    assert await fake_house.schedules.conflicts(admin, TOM, WINDOW) == ()
    assert await fake_house.schedules.clashing(admin, [first]) == {}


async def test_where_the_lms_names_nobody_any_active_instructor_sees_the_class_and_none_is_busy(
    fake_house: House, caller: Caller, taught: Scheduler
) -> None:
    await hire(fake_house, caller, INA)
    await taught(0, 1)
    await taught(0, 1)
    admin = planner(caller.tenant_id)
    assert len(await fake_house.schedules.conflicts(admin, INA, WINDOW)) == 1, "the only one there is"
    await hire(fake_house, caller, TOM)
    seen = await fake_house.schedules.timetable(admin, TOM, WINDOW)
    assert [one.assigned for one in seen.appointments] == [False, False]
    assert await fake_house.schedules.conflicts(admin, INA, WINDOW) == ()


async def test_the_agenda_has_now_upcoming_and_past_and_nobody_elses(
    fake_house: House, caller: Caller, taught: Scheduler, clock: Hands
) -> None:
    past = await taught(-1, 0.5, INA)
    now = await taught(0, 1, INA)
    later = await taught(5, 1, INA)
    await taught(0, 1, TOM)
    clock.now = TEN + timedelta(minutes=1)
    agenda = await fake_house.schedules.agenda(person(caller.tenant_id))
    ids = [[one.session_id for one in part] for part in (agenda.now, agenda.upcoming, agenda.past)]
    assert ids == [[now], [later], [past]]


async def test_a_long_past_is_shown_part_by_part_and_nothing_twice(
    fake_house: House, caller: Caller, taught: Scheduler, clock: Hands
) -> None:
    made = {await taught(n // 2, 0.1, INA) for n in range(30)}
    clock.move(days=2)
    actor, seen, skip = person(caller.tenant_id), [], 0
    while True:
        agenda = await fake_house.schedules.agenda(actor, skip)
        seen += [one.session_id for one in agenda.past]
        if agenda.older is None:
            break
        skip = agenda.older
    assert (len(seen), set(seen)) == (30, made)


async def test_a_narrowed_permission_shows_only_what_it_admits(
    fake_house: House, caller: Caller, second: Caller, taught: Scheduler
) -> None:
    own = await taught(0, 1, INA)
    toms = await taught(0, 1, TOM)
    ina = person(caller.tenant_id)
    assert (await fake_house.schedules.timetable(ina, TOM, WINDOW)).appointments == ()
    assert (await fake_house.schedules.lesson(ina, own)).presents
    for session_id in (toms, uuid4()):
        with pytest.raises(SessionNotFound):
            await fake_house.schedules.lesson(ina, session_id)
    with pytest.raises(NotAllowed):
        await fake_house.schedules.free(ina, [(TOM, Hours(ZoneInfo("UTC")))], Search(TEN, timedelta(hours=1)))
    stranger = planner(uuid4())
    with pytest.raises(SessionNotFound):
        await fake_house.schedules.lesson(stranger, own)
    assert (await fake_house.schedules.timetable(stranger, INA, WINDOW)).appointments == ()


async def test_whoever_may_see_a_vendors_classes_sees_those_and_no_others(
    fake_house: House, caller: Caller, second: Caller, taught: Scheduler
) -> None:
    here, there = await taught(0, 1, INA), await taught(0, 1, INA, by=second)
    await hire(fake_house, second, TOM)
    tom = Actor(
        caller.tenant_id,
        "user",
        TOM,
        (Grant(Scope.ILT_SESSIONS_VIEW, Constraint(own_vendors=True)),),
        person_key=TOM,
    )
    seen = await fake_house.schedules.timetable(tom, INA, WINDOW)
    assert [one.session_id for one in seen.appointments] == [there]
    with pytest.raises(SessionNotFound):
        await fake_house.schedules.lesson(tom, here)


async def test_free_times_count_every_class_of_the_portal(
    fake_house: House, caller: Caller, second: Caller, taught: Scheduler
) -> None:
    await taught(0, 1, INA)
    await taught(1.5, 1, TOM, by=second)
    utc = Hours(ZoneInfo("UTC"))
    found = await fake_house.schedules.free(
        planner(caller.tenant_id), [(INA, utc), (TOM, utc)], Search(TEN, timedelta(minutes=30), 2)
    )
    assert [span.starts_at for span in found] == [TEN + timedelta(hours=h) for h in (1, 2.5)]


@pytest.mark.parametrize("who", [[], [("not an address", Hours(ZoneInfo("UTC")))]])
async def test_free_times_of_nobody_are_refused(
    fake_house: House, caller: Caller, who: list[tuple[str, Hours]]
) -> None:
    with pytest.raises(InvalidRequest):
        await fake_house.schedules.free(planner(caller.tenant_id), who, Search(TEN, timedelta(hours=1)))


async def test_a_calendar_stays_quick_beside_thousands_of_classes(
    fake_house: House, caller: Caller, taught: Scheduler, clock: Hands
) -> None:
    from time import perf_counter

    await taught(0, 1, INA)
    ids = [uuid4() for _ in range(20_000)]
    row = {
        "tenant_id": caller.tenant_id,
        "connection_id": caller.connection_id,
        "title": "t",
        "description": "",
        "time_zone": "",
        "creator_email": "",
        "state": "scheduled",
        "revision": 1,
        "unnamed": False,
        "created_at": TEN,
        "updated_at": TEN,
    }
    async with fake_house.db.begin() as tx:
        for at in range(0, len(ids), 2000):
            part = ids[at : at + 2000]
            begins = [TEN - timedelta(hours=at + n) for n in range(len(part))]
            await tx.execute(
                insert(sessions),
                [
                    {
                        **row,
                        "id": i,
                        "session_key": str(i),
                        "external_id": str(i),
                        "starts_at": b,
                        "ends_at": b + timedelta(minutes=50),
                    }
                    for i, b in zip(part, begins, strict=True)
                ],
            )
            named = {"email_key": TOM, "email": TOM}
            await tx.execute(insert(session_instructors), [{"session_id": i, **named} for i in part])
    started = perf_counter()
    agenda = await fake_house.schedules.agenda(person(caller.tenant_id))
    assert len(agenda.upcoming) == 1
    assert perf_counter() - started < 1
