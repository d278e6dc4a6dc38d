"""Names are kept for a while, handed out on request, and taken away for good; totals stay true."""

from datetime import timedelta

import pytest
from sqlalchemy import Text, select

from app.db import sessions
from app.db.evidence import Observation, keep
from app.db.tables import launches, metadata
from app.domain.actor import Actor
from app.domain.attendance import Evidence, Kind
from app.domain.caller import Caller
from app.domain.errors import InvalidRequest, NotAllowed, NotFound, Stale
from app.domain.people import InstructorChange, InstructorDraft
from app.domain.permissions import Scope
from app.services.privacy import Periods
from app.services.rosters import Correction
from app.services.users import Newcomer
from app.wiring import House
from tests.conftest import Hands
from tests.providers.formed import actor_with
from tests.services.conftest import draft

DANA, INA, OLD = "Dana.Lee@Example.com", "ina@example.com", "ina.old@example.com"


@pytest.fixture
async def boss(fake_house: House, caller: Caller) -> Actor:
    return actor_with(caller.tenant_id, *Scope)


async def _taught(house: House, caller: Caller) -> str:
    """A class with an instructor who was renamed, a learner who launched and was seen, and a correction."""
    await house.instructors.add(caller, InstructorDraft(OLD, "Ina", "Ruiz", True))
    wanted = draft(instructors=(OLD,), creator_email=DANA)
    await house.sessions.create(caller, wanted)
    await house.instructors.update(caller, InstructorChange(OLD, InstructorDraft(INA, "Ina", "Ruiz", True)))
    for person in (DANA, INA, "other@example.com"):
        await house.launches.launch(caller, wanted.external_id, person, "c-1")
    async with house.db.begin() as tx:
        session = await sessions.find(tx, caller.tenant_id, wanted.external_id)
        assert session
        seen = Evidence(DANA, Kind.OPENED, wanted.starts_at, source="join", instance="1")
        await keep(tx, [Observation(session.id, seen)], wanted.starts_at)
    return wanted.external_id


async def _everything(house: House) -> str:
    """All text of all tables, as it stands."""
    found = []
    async with house.db.read() as tx:
        for table in metadata.sorted_tables:
            for row in await tx.execute(select(table)):
                found.append(repr(tuple(row)))
    return "\n".join(found).casefold()


async def test_after_an_erasure_the_name_stands_nowhere(
    fake_house: House, caller: Caller, boss: Actor
) -> None:
    await _taught(fake_house, caller)
    assert "dana.lee@example.com" in await _everything(fake_house)
    done = await fake_house.privacy.erase(boss, DANA)
    left = await _everything(fake_house)
    assert "dana.lee" not in left
    assert done.pseudonym in left
    assert done.rows["launches"] == 1
    assert done.rows["evidence"] == 1
    assert done.rows["sessions"] == 1


async def test_totals_stay_true_and_the_pseudonym_is_the_same_again(
    fake_house: House, caller: Caller, boss: Actor
) -> None:
    external = await _taught(fake_house, caller)
    before = await fake_house.attendance.attendees(caller, external)
    first = await fake_house.privacy.erase(boss, DANA)
    after = await fake_house.attendance.attendees(caller, external)
    assert len(after) == len(before) == 1
    assert after == [first.pseudonym]
    await fake_house.launches.launch(caller, external, DANA, "c-2")
    assert (await fake_house.privacy.erase(boss, DANA)).pseudonym == first.pseudonym


async def test_an_erased_instructor_is_gone_under_every_name_and_presents_no_more(
    fake_house: House, caller: Caller, boss: Actor
) -> None:
    await _taught(fake_house, caller)
    await fake_house.privacy.erase(boss, INA)
    left = await _everything(fake_house)
    assert "ina@example.com" not in left
    assert "ina.old@example.com" not in left
    assert "ruiz" not in left
    verdicts = await fake_house.audit.verify()
    assert all(verdict.broken_at is None for verdict in verdicts)


async def test_an_erased_user_cannot_come_in_and_nobody_erases_themselves(
    fake_house: House, caller: Caller, boss: Actor
) -> None:
    await fake_house.users.invite(boss, Newcomer("eve@example.com", "Eve", ["auditor"]))
    own = Actor(boss.tenant_id, "user", "eve@example.com", boss.grants, person_key="eve@example.com")
    with pytest.raises(NotAllowed, match="themselves"):
        await fake_house.privacy.erase(own, "Eve@example.com")
    await fake_house.privacy.erase(boss, "eve@example.com")
    assert "eve@example.com" not in await _everything(fake_house)
    (listed,) = [one for one in await fake_house.users.list(boss) if "erased" in one.user.email]
    assert not listed.user.active
    assert not listed.given


async def test_nobody_erases_somebody_with_more_rights(fake_house: House, boss: Actor) -> None:
    await fake_house.users.invite(boss, Newcomer("eve@example.com", "Eve", ["system-administrator"]))
    lesser = actor_with(boss.tenant_id, Scope.USERS_MANAGE)
    with pytest.raises(NotAllowed):
        await fake_house.privacy.erase(lesser, "eve@example.com")


async def test_the_export_has_every_trace_and_no_secret(
    fake_house: House, caller: Caller, boss: Actor
) -> None:
    external = await _taught(fake_house, caller)
    session = (await fake_house.stories.page(boss, _all(), None, 10))[0].session
    assert session.external_id == external
    await fake_house.rosters.mark(boss, session.id, Correction(DANA, False, "left early"))
    found = await fake_house.privacy.export(boss, DANA)
    assert {"launches", "evidence", "sessions", "roster_marks", "audit"} <= set(found["tables"])
    assert found["tables"]["roster_marks"][0]["reason"] == "left early"
    assert "sealed" not in repr(found)
    assert "digest'" not in repr(found["tables"].get("logins"))
    ina = await fake_house.privacy.export(boss, INA)
    assert {"instructors", "instructor_renames", "session_events", "session_instructors"} <= set(
        ina["tables"]
    )


async def test_another_tenants_people_are_not_there(fake_house: House, caller: Caller) -> None:
    await _taught(fake_house, caller)
    other = await fake_house.users.commanding("acme", make=True)
    for deed in (fake_house.privacy.look, fake_house.privacy.export, fake_house.privacy.erase):
        with pytest.raises(NotFound):
            await deed(other, DANA)
    assert "dana.lee" in await _everything(fake_house)


async def test_a_longer_address_is_another_person(fake_house: House, caller: Caller, boss: Actor) -> None:
    await fake_house.users.invite(boss, Newcomer("joann@example.com", "Jo", ["auditor"]))
    with pytest.raises(NotFound):
        await fake_house.privacy.erase(boss, "ann@example.com")


async def test_after_the_period_names_in_classes_are_gone_and_totals_stay(
    fake_house: House, caller: Caller, boss: Actor, clock: Hands
) -> None:
    external = await _taught(fake_house, caller)
    await fake_house.privacy.decide(boss, Periods(class_days=30))
    assert (await fake_house.privacy.apply(boss)).people == 0, "the class is not over for so long"
    clock.now = draft().ends_at + timedelta(days=31)
    assert (await fake_house.privacy.apply(boss)).people == 3
    assert (await fake_house.privacy.apply(boss)).people == 0
    (who,) = await fake_house.attendance.attendees(caller, external)
    assert who.endswith("@erased.invalid")
    async with fake_house.db.read() as tx:
        kept = (await tx.scalars(select(launches.c.email))).all()
    assert len(set(kept)) == 3


async def test_after_the_period_the_audit_trail_knows_no_names_and_stands(
    fake_house: House, boss: Actor, clock: Hands
) -> None:
    await fake_house.users.invite(boss, Newcomer("eve@example.com", "Eve", ["auditor"]))
    await fake_house.privacy.decide(boss, Periods(audit_days=10))
    clock.move(days=11)
    done = await fake_house.privacy.apply_everywhere()
    assert done == 1
    verdicts = await fake_house.audit.verify()
    assert all(verdict.broken_at is None for verdict in verdicts)
    assert sum(verdict.erased for verdict in verdicts) >= 1


async def test_two_who_decide_at_once_and_periods_that_cannot_be(fake_house: House, boss: Actor) -> None:
    stored = await fake_house.privacy.decide(boss, Periods(class_days=30), 0)
    assert stored.class_days == 30
    assert stored.revision == 1
    with pytest.raises(Stale):
        await fake_house.privacy.decide(boss, Periods(class_days=60), 0)
    with pytest.raises(InvalidRequest):
        await fake_house.privacy.decide(boss, Periods(class_days=0))


@pytest.mark.parametrize("deed", ["periods", "apply"])
async def test_only_users_manage_opens_privacy(fake_house: House, boss: Actor, deed: str) -> None:
    others = actor_with(boss.tenant_id, *(scope for scope in Scope if scope is not Scope.USERS_MANAGE))
    with pytest.raises(NotAllowed, match="Users - Manage"):
        await getattr(fake_house.privacy, deed)(others)


def test_no_table_names_people_unknown_to_privacy() -> None:
    """Whoever adds a column that names somebody meets this test; see app/db/privacy.py."""
    people = (
        "email",
        "person_key",
        "old_key",
        "made_by",
        "removed_by",
        "fetched_by",
        "actor",
        "who",
        "address",
    )
    naming = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Text) and any(word in column.name for word in people)
    }
    known = {
        "users.email", "users.email_key", "logins.address", "instructors.email", "instructors.email_key",
        "instructor_renames.old_key", "instructor_renames.old_email", "instructor_renames.new_email",
        "sessions.creator_email", "session_instructors.email", "session_instructors.email_key",
        "session_events.who",  # a client's id
        "launches.email", "launches.person_key", "evidence.email", "evidence.person_key",
        "roster_marks.email", "roster_marks.person_key", "roster_marks.made_by", "roster_marks.removed_by",
        "rosters.fetched_by", "audit.actor", "audit.address", "answers.actor",
    }  # fmt: skip
    assert naming == known


def _all():  # type: ignore[no-untyped-def]
    from app.services.stories import Wanted

    return Wanted()
