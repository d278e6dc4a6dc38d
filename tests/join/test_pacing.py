"""Ten thousand people who wait for one class do not come in the same second. Pain B14."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.domain.people import Person, Role
from app.domain.session import Session, SessionState
from app.join.pacing import next_look, next_roster, try_again
from app.services.launches import Door, Visit

BEGINS = datetime(2030, 5, 14, 15, tzinfo=UTC)


def visit(
    early: timedelta = timedelta(minutes=15), role: Role = Role.LEARNER, door: Door = Door.WAITING
) -> Visit:
    session = Session(
        uuid4(), uuid4(), uuid4(), "S1", "Fire safety", "", BEGINS, BEGINS + timedelta(hours=1),
        SessionState.SCHEDULED, 1,
    )  # fmt: skip
    opens, closes = BEGINS - early, session.ends_at
    return Visit(
        uuid4(), Person("a@b.example"), role, session, door, opens, closes, "Practice room", hosted=True
    )


def test_arrivals_are_spread_over_half_a_minute_after_the_door_opens() -> None:
    waiting = visit()
    now = waiting.opens_at - timedelta(seconds=20)
    per_second = [0] * 60
    for _ in range(10_000):
        per_second[int(next_look(waiting, now))] += 1
    assert sum(per_second[:20]) == 0
    assert sum(per_second[51:]) == 0
    assert max(per_second) < 600


def test_nobody_arrives_before_the_door_opens_when_it_is_near() -> None:
    waiting = visit()
    assert next_look(waiting, waiting.opens_at - timedelta(seconds=20), chance=0) > 20


def test_a_long_wait_looks_again_about_once_a_minute() -> None:
    waiting = visit()
    now = waiting.opens_at - timedelta(days=3)
    assert next_look(waiting, now, chance=0) == 60
    assert next_look(waiting, now, chance=1) == 90


def test_instructors_do_not_wait_for_the_crowd() -> None:
    teacher = visit(role=Role.INSTRUCTOR)
    assert next_look(teacher, teacher.opens_at, chance=1) < 2


@pytest.mark.parametrize(
    "early", [timedelta(0), timedelta(minutes=1), timedelta(minutes=15), timedelta(days=1)]
)
def test_the_spread_costs_little_of_the_class(early: timedelta) -> None:
    waiting = visit(early)
    latest = next_look(waiting, waiting.opens_at, chance=1)
    assert 2 <= latest <= max(2.5, min(30.5, early.total_seconds() / 10 + 0.5))


def test_a_meeting_in_preparation_is_looked_for_soon() -> None:
    assert 4 <= next_look(visit(door=Door.PREPARING), BEGINS) <= 10


def test_a_full_room_asks_less_often() -> None:
    assert next_roster(2, chance=1) < 4
    assert next_roster(1000, chance=0) >= 24
    assert all(10 <= try_again() <= 25 for _ in range(200))
