"""Sessions are found quickly and by whoever may see them; a session's story says what happened."""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, text

from app.db import session_lists
from app.db.database import Database
from app.db.session_lists import page_query
from app.db.tables import connections, session_instructors, sessions, tenants
from app.domain.actor import Actor, Constraint, Grant
from app.domain.caller import Caller
from app.domain.errors import NotAllowed, SessionNotFound
from app.domain.people import InstructorDraft
from app.domain.permissions import Scope
from app.services.stories import Show, Wanted
from app.wiring import House
from tests.providers.fakes import Vendor
from tests.providers.formed import actor_with
from tests.services.conftest import draft

INA, UWE = "ina@example.com", "uwe@example.com"


@pytest.fixture
def boss(caller: Caller) -> Actor:
    return actor_with(caller.tenant_id, *Scope)


def narrowed(caller: Caller, person: str = "", **reach: object) -> Actor:
    """Somebody who sees and manages only what the constraint admits."""
    constraint = Constraint(**reach)  # type: ignore[arg-type]
    scopes = (Scope.ILT_SESSIONS_VIEW, Scope.ILT_ROSTER_VIEW, Scope.ILT_ROSTER_MANAGE)
    grants = tuple(Grant(scope, constraint) for scope in scopes)
    return Actor(caller.tenant_id, "user", person or "x@example.com", grants, person_key=person or None)


async def _titles(house: House, actor: Actor, **wanted: object) -> list[str]:
    found = await house.stories.page(actor, Wanted(**wanted), None, 100)  # type: ignore[arg-type]
    return [one.session.title for one in found]


async def _plan(house: House, caller: Caller) -> None:
    day = draft().starts_at
    for number, (title, teachers) in enumerate(
        [("Fire safety", (INA,)), ("Élan vital", (UWE,)), ("Open to all", None), ("Fire drill", (INA, UWE))]
    ):
        begins = day + timedelta(days=number)
        times = {"starts_at": begins, "ends_at": begins + timedelta(hours=1)}
        await house.sessions.create(
            caller, draft(title, external_id=f"LO-{number}", instructors=teachers, **times)
        )


async def test_a_session_is_found_by_title_id_and_instructor(
    fake_house: House, caller: Caller, boss: Actor
) -> None:
    await _plan(fake_house, caller)
    assert await _titles(fake_house, boss, text="fire") == ["Fire safety", "Fire drill"]
    assert await _titles(fake_house, boss, text="éLAN") == ["Élan vital"]
    assert await _titles(fake_house, boss, text="{lo-2}") == ["Open to all"]
    assert await _titles(fake_house, boss, text="UWE@") == ["Élan vital", "Fire drill"]
    assert await _titles(fake_house, boss, instructor="ina", newest_first=True) == [
        "Fire drill",
        "Fire safety",
    ]
    assert await _titles(fake_house, boss, text="%") == []


async def test_states_and_times_narrow_the_list(
    fake_house: House, caller: Caller, boss: Actor, vendor: Vendor
) -> None:
    await _plan(fake_house, caller)
    await fake_house.sessions.cancel(caller, "LO-0")
    vendor.always = "down"
    await fake_house.sessions.cancel(caller, "LO-1")
    assert await _titles(fake_house, boss, show=Show.CANCELLED) == ["Fire safety", "Élan vital"]
    assert await _titles(fake_house, boss, show=Show.PENDING) == ["Élan vital"]
    third = draft().starts_at + timedelta(days=2)
    assert await _titles(fake_house, boss, since=third) == ["Open to all", "Fire drill"]
    assert await _titles(fake_house, boss, until=third, show=Show.SCHEDULED) == []
    assert await _titles(fake_house, boss, connection_id=uuid4()) == []


async def test_pages_show_everything_once_in_both_directions(
    fake_house: House, caller: Caller, boss: Actor
) -> None:
    for number in range(7):
        await fake_house.sessions.create(caller, draft(f"n{number % 2}", external_id=f"s{number}"))
    for newest_first in (False, True):
        wanted, seen, after = Wanted(newest_first=newest_first), [], None
        while page := await fake_house.stories.page(boss, wanted, after, 2):
            seen += [one.session.external_id for one in page]
            after = page[-1].place
        assert sorted(seen) == [f"s{number}" for number in range(7)]


async def test_a_constraint_shows_only_what_it_admits(fake_house: House, caller: Caller, boss: Actor) -> None:
    await _plan(fake_house, caller)
    await fake_house.instructors.add(caller, InstructorDraft(UWE, "Uwe", "Kahn", True))
    vendor = (await fake_house.vendors.page(boss, _any_vendor(), None, 10))[0]
    cases = [
        (narrowed(caller, INA, own_classes=True), ["Fire safety", "Fire drill"]),
        (narrowed(caller, UWE, own_classes=True), ["Élan vital", "Open to all", "Fire drill"]),
        (narrowed(caller, instructors=frozenset({INA})), ["Fire safety", "Fire drill"]),
        (narrowed(caller, vendors=frozenset({vendor.id})), await _titles(fake_house, boss)),
        (narrowed(caller, vendors=frozenset({uuid4()})), []),
        (narrowed(caller, UWE, own_vendors=True), await _titles(fake_house, boss)),
        (narrowed(caller, INA, own_vendors=True), []),
    ]
    for actor, expected in cases:
        assert await _titles(fake_house, actor) == expected
    everything = {
        one.session.title: one.session.id for one in await fake_house.stories.page(boss, Wanted(), None, 9)
    }
    ina = cases[0][0]
    assert (
        await fake_house.stories.get(ina, everything["Fire safety"])
    ).listed.session.title == "Fire safety"
    for deed in (fake_house.stories.get, fake_house.rosters.get, fake_house.rosters.update):
        with pytest.raises(SessionNotFound):
            await deed(ina, everything["Élan vital"])
    assert await _titles(fake_house, ina, text="vital") == []


async def test_what_may_be_seen_and_not_touched_is_said_so(
    fake_house: House, caller: Caller, boss: Actor
) -> None:
    await _plan(fake_house, caller)
    found = (await fake_house.stories.page(boss, Wanted(text="vital"), None, 2))[0]
    seen, managed = Grant(Scope.ILT_ROSTER_VIEW), Constraint(instructors=frozenset({INA}))
    reader = Actor(boss.tenant_id, "user", "r", (seen, Grant(Scope.ILT_ROSTER_MANAGE, managed)))
    with pytest.raises(NotAllowed, match="does not reach"):
        await fake_house.rosters.update(reader, found.session.id)


async def test_another_tenants_session_is_not_there(fake_house: House, caller: Caller, boss: Actor) -> None:
    await _plan(fake_house, caller)
    found = (await fake_house.stories.page(boss, Wanted(), None, 2))[0]
    other = await fake_house.users.commanding("acme", make=True)
    assert await _titles(fake_house, other) == []
    with pytest.raises(SessionNotFound):
        await fake_house.stories.get(other, found.session.id)


async def test_the_story_has_each_request_and_each_call_with_its_outcome(
    fake_house: House, caller: Caller, boss: Actor, vendor: Vendor
) -> None:
    vendor.faults = ["down"]
    wanted = draft(instructors=(INA,))
    await fake_house.sessions.create(caller, wanted)
    session_id = (await fake_house.stories.page(boss, Wanted(), None, 2))[0].session.id
    story = await fake_house.stories.get(boss, session_id)
    assert story.standing
    assert not story.standing.settled
    assert story.standing.next_try_at
    assert story.listed.trouble
    await fake_house.sessions.update(caller, wanted.external_id, wanted)
    await fake_house.sessions.cancel(caller, wanted.external_id)
    told = [(e.kind, e.deed, e.outcome) for e in await fake_house.stories.events(boss, session_id, None, 50)]
    assert told[0] == ("call", "cancel", "done")
    assert told[-2:] == [("call", "create", "ProviderUnavailable"), ("request", "create", "done")]
    assert [deed for kind, deed, _ in told if kind == "request"] == ["cancel", "update", "create"]
    first = (await fake_house.stories.events(boss, session_id, None, 50))[-1]
    assert first.who == caller.client_id
    assert first.details["instructors"] == [INA]


async def test_no_link_is_in_the_story(fake_house: House, caller: Caller, boss: Actor) -> None:
    wanted = draft()
    await fake_house.sessions.create(caller, wanted)
    link = await fake_house.launches.launch(caller, wanted.external_id, INA, "c-7")
    session_id = (await fake_house.stories.page(boss, Wanted(), None, 2))[0].session.id
    launches = await fake_house.stories.launches(boss, session_id, None, 9)
    assert [(one.email, one.correlation_id) for one in launches] == [(INA, "c-7")]
    everything = repr((await fake_house.stories.get(boss, session_id), launches))
    assert link not in everything
    assert "meet.example" not in everything


MANY = 100_000


async def _fill(db: Database, many: int) -> tuple[UUID, UUID]:
    """So many sessions in two connections, a hundred instructors, two of every hundred cancelled."""
    tenant, places, day = uuid4(), [uuid4(), uuid4()], datetime(2026, 1, 1, tzinfo=UTC)
    async with db.begin(longest=None) as tx:
        await tx.execute(insert(tenants).values(id=tenant, key="big", name="big", created_at=day))
        for place in places:
            row = {"id": place, "tenant_id": tenant, "key": str(place), "name": str(place), "provider": "x"}
            more = {"settings": {}, "state": "active", "revision": 1, "created_at": day, "updated_at": day}
            await tx.execute(insert(connections).values(**row, **more))
        for begin in range(0, many, 5000):
            rows, taught = [], []
            for number in range(begin, begin + 5000):
                one, at = uuid4(), day + timedelta(minutes=number * 7 % 1_000_000)
                rows.append(
                    {
                        "id": one, "tenant_id": tenant, "connection_id": places[number % 2],
                        "session_key": f"s{number}", "external_id": f"S{number}", "title": f"Course {number}",
                        "title_key": f"course {number}", "description": "", "starts_at": at,
                        "ends_at": at + timedelta(hours=1), "time_zone": "", "creator_email": "",
                        "state": "cancelled" if number % 50 == 0 else "scheduled", "revision": 1,
                        "created_at": day, "updated_at": day, "unnamed": False,
                    }
                )  # fmt: skip
                key = f"i{number % 100}@example.com"
                taught.append({"session_id": one, "email_key": key, "email": key})
            await tx.execute(insert(sessions), rows)
            await tx.execute(insert(session_instructors), taught)
    if db.dialect == "postgresql":
        async with db.begin(longest=None) as tx:
            await tx.execute(text("ANALYZE"))
    return tenant, places[0]


async def test_lists_stay_fast_at_a_hundred_thousand_sessions(db: Database) -> None:
    """Every way of looking, first page and a late one, takes what a glance takes."""
    tenant, place = await _fill(db, MANY)
    late = datetime(2027, 10, 1, tzinfo=UTC)
    reach = session_lists.Reach(frozenset({"i7@example.com"}), frozenset(), frozenset({place}))
    looks: dict[str, tuple[session_lists.Reach | None, Wanted]] = {
        "all": (None, Wanted()),
        "newest": (None, Wanted(newest_first=True)),
        "id": (None, Wanted(text="S99999")),
        "common word": (None, Wanted(text="course")),
        "rare word": (None, Wanted(text="course 98765")),
        "nothing": (None, Wanted(text="zebra")),
        "instructor": (None, Wanted(instructor="i42@")),
        "cancelled": (None, Wanted(show=Show.CANCELLED)),
        "pending": (None, Wanted(show=Show.PENDING)),
        "vendor": (None, Wanted(connection_id=place, newest_first=True)),
        "own classes": (reach, Wanted()),
        "own classes by word": (reach, Wanted(text="course 9")),
    }
    slow = {}
    async with db.read() as tx:
        for name, (whose, wanted) in looks.items():
            for after in (None, (late, uuid4())):
                times = []
                for _ in range(3):
                    begun = time.perf_counter()
                    await session_lists.page(tx, tenant, whose, wanted, after, 51)
                    times.append(time.perf_counter() - begun)
                if min(times) > 0.5:
                    slow[name, after is None] = min(times)
        assert page_query(tx, tenant, None, Wanted(), None, 5) is not None
    assert not slow


async def test_the_usual_list_reads_its_index_and_no_more(db: Database) -> None:
    tenant, _ = await _fill(db, 5000)
    async with db.read() as tx:
        query = page_query(tx, tenant, None, Wanted(), (datetime(2026, 6, 1, tzinfo=UTC), uuid4()), 51)
        assert query is not None
        said = query.compile(dialect=tx.dialect, compile_kwargs={"literal_binds": True})
        prefix = "EXPLAIN QUERY PLAN " if db.dialect == "sqlite" else "EXPLAIN "
        plan = "\n".join(str(tuple(row)) for row in await tx.exec_driver_sql(prefix + str(said)))
    assert "ix_sessions_tenant_id_starts_at" in plan
    assert "Seq Scan on sessions" not in plan
    assert "SCAN sessions" not in plan


def _any_vendor():  # type: ignore[no-untyped-def]
    from app.services.vendors import Sought

    return Sought()
