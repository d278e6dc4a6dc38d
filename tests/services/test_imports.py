"""A list of fifty thousand is really brought in, on each database; and one that changed meanwhile is told."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from time import perf_counter

import pytest
from sqlalchemy import func, select

from app.db.tables import audit, instructors, sessions
from app.domain.actor import Actor
from app.domain.caller import Caller
from app.domain.errors import InvalidRequest
from app.domain.people import InstructorDraft
from app.domain.permissions import Scope
from app.domain.roll import MOST_ROWS, Row
from app.services.imports import IN_ONE_GO, Imported, Outcome
from app.services.vendors import Sought, Vendor, VendorChange
from app.wiring import House
from tests.conftest import Hands
from tests.providers.fakes import Vendor as FarSide
from tests.providers.formed import actor_with
from tests.services.conftest import draft

SECONDS = 90  # for all rows, on a slow machine that has other things to do; a quick one needs a tenth


@pytest.fixture
def boss(caller: Caller) -> Actor:
    return actor_with(caller.tenant_id, *Scope)


@pytest.fixture
async def acme(fake_house: House, boss: Actor) -> Vendor:
    return await fake_house.vendors.create(boss, "Acme")


def row(number: int, email: str, first: str = "P", *, active: bool = True) -> Row:
    return Row(number, InstructorDraft(email, first, "N", active))


async def bring_all(house: House, boss: Actor, vendor: Vendor, rows: tuple[Row, ...]) -> list[Imported]:
    go = await house.imports.in_one_go(boss, vendor.id)
    pieces = [rows[start : start + go] for start in range(0, len(rows), go)]
    return [one for piece in pieces for one in await house.imports.bring_in(boss, vendor.id, piece)]


async def test_fifty_thousand_rows_are_brought_in_with_a_report_for_each_in_bounded_time(
    fake_house: House, boss: Actor, acme: Vendor
) -> None:
    lines = "".join(f"p{n}@x.example,First{n},Last{n},yes\n" for n in range(MOST_ROWS))
    began = perf_counter()
    roll = await fake_house.imports.preview(boss, f"Email,First name,Last name,Active\n{lines}".encode())
    done = await bring_all(fake_house, boss, acme, roll.good)
    assert perf_counter() - began < SECONDS
    assert [one.row.number for one in done] == list(range(2, MOST_ROWS + 2))
    assert {one.outcome for one in done} == {Outcome.ADDED}
    async with fake_house.db.read() as tx:
        mine = instructors.c.vendor_id == acme.id
        assert await tx.scalar(select(func.count()).select_from(instructors).where(mine)) == MOST_ROWS
        written = audit.c.action == "instructor.added"
        assert await tx.scalar(select(func.count()).select_from(audit).where(written)) == MOST_ROWS
    (verdict,) = [one for one in await fake_house.audit.verify() if one.rows]
    assert verdict.broken_at is None
    again = await bring_all(fake_house, boss, acme, roll.good)
    assert {one.outcome for one in again} == {Outcome.UNCHANGED}


async def test_each_row_is_told_what_became_of_it(fake_house: House, boss: Actor, acme: Vendor) -> None:
    bo = await fake_house.faculties.add(boss, acme.id, InstructorDraft("bo@x.example", "P", "N"))
    await fake_house.faculties.add(boss, acme.id, InstructorDraft("eva@x.example", "P", "N"))
    rows = (
        row(2, "new@x.example"),
        row(3, "BO@x.example", "Bo", active=False),
        row(4, "eva@x.example"),
        row(5, "NEW@x.example"),
        replace(row(6, "x"), wrong="The e-mail address is not one."),
    )
    done = await fake_house.imports.bring_in(boss, acme.id, rows)
    assert [(one.row.number, one.outcome) for one in done] == [
        (2, Outcome.ADDED),
        (3, Outcome.UPDATED),
        (4, Outcome.UNCHANGED),
        (5, Outcome.FAILED),
        (6, Outcome.FAILED),
    ]
    assert done[3].why == "The same address stands in line 2 already."
    known = await fake_house.faculties.get(boss, acme.id, bo.id)
    assert (known.email, known.first_name, known.active, known.revision) == ("BO@x.example", "Bo", False, 2)
    async with fake_house.db.read() as tx:
        deeds = (await tx.scalars(select(audit.c.action).order_by(audit.c.number))).all()
    assert deeds[-2:] == ["instructor.added", "instructor.changed"]


async def test_into_a_vendor_that_is_off_nobody_is_brought_but_people_are_let_go(
    fake_house: House, boss: Actor, acme: Vendor
) -> None:
    await fake_house.imports.bring_in(boss, acme.id, [row(2, "bo@x.example")])
    await fake_house.vendors.change(boss, acme.id, VendorChange(active=False))
    rows = [
        row(2, "bo@x.example", active=False),
        row(3, "eva@x.example"),
        row(4, "x@x.example", active=False),
    ]
    done = await fake_house.imports.bring_in(boss, acme.id, rows)
    assert [one.outcome for one in done] == [Outcome.UPDATED, Outcome.FAILED, Outcome.FAILED]
    assert "not active" in done[1].why


async def test_two_who_bring_in_the_same_list_at_once_make_nobody_twice(
    fake_house: House, boss: Actor, acme: Vendor
) -> None:
    rows = [row(n, f"p{n}@x.example") for n in range(200)]
    both = await asyncio.gather(*(fake_house.imports.bring_in(boss, acme.id, rows) for _ in range(2)))
    pairs = [(one.outcome, other.outcome) for one, other in zip(*both, strict=True)]
    assert all(pair.count(Outcome.ADDED) == 1 for pair in pairs), "the other is told that it is so already"
    assert len(await fake_house.faculties.page(boss, acme.id, "", None, 500)) == 200


async def test_more_than_one_request_may_bring_is_refused(
    fake_house: House, boss: Actor, acme: Vendor
) -> None:
    with pytest.raises(InvalidRequest):
        await fake_house.imports.bring_in(
            boss, acme.id, [row(n, f"p{n}@x.example") for n in range(IN_ONE_GO + 1)]
        )


async def test_an_import_is_followed_by_the_coming_meetings_which_are_wanted_anew_once(
    fake_house: House, caller: Caller, boss: Actor, vendor: FarSide, clock: Hands
) -> None:
    begins = clock.now + timedelta(days=1)
    await fake_house.sessions.create(caller, draft(starts_at=begins, ends_at=begins + timedelta(hours=1)))
    (practice,) = await fake_house.vendors.page(boss, Sought("practice"), None, 1)
    rows = [row(2, "bo@x.example"), row(3, "eva@x.example")]
    await fake_house.imports.bring_in(boss, practice.id, rows)
    await fake_house.jobs.sweep()
    ((_, spec),) = vendor.meetings.values()
    assert sorted(person.email for person in spec.presenters) == ["bo@x.example", "eva@x.example"]
    async with fake_house.db.read() as tx:
        assert await tx.scalar(select(sessions.c.revision)) == 2
