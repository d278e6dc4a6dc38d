"""The breaker: when it opens, whom it lets through, when it closes."""

import pytest

from app.providers.breaker import Breaker, BreakerPolicy, State
from app.providers.held_back import HeldBack
from tests.providers.hand import Hand

POLICY = BreakerPolicy(failures=3, window_seconds=60, pause_seconds=10, longest_pause_seconds=35)


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def breaker(hand) -> Breaker:
    return Breaker(POLICY, hand)


def fail(breaker, times=1):
    for _ in range(times):
        breaker.enter()
        breaker.failed()


def test_it_opens_after_so_many_failures_in_a_row_and_says_for_how_long(breaker, hand):
    fail(breaker, 3)
    hand.move(4)
    with pytest.raises(HeldBack) as held:
        breaker.enter()
    assert held.value.retry_after.total_seconds() == 6
    assert held.value.__cause__ is None
    assert "6 s" in held.value.advice


def test_a_success_between_failures_keeps_it_closed(breaker):
    fail(breaker, 2)
    breaker.succeeded()
    fail(breaker, 2)
    assert breaker.state is State.CLOSED


def test_failures_far_apart_are_no_run(breaker, hand):
    fail(breaker, 2)
    hand.move(61)
    fail(breaker, 2)
    assert breaker.state is State.CLOSED


def test_after_the_pause_one_call_alone_tries_it_out(breaker, hand):
    fail(breaker, 3)
    hand.move(10)
    breaker.enter()
    with pytest.raises(HeldBack):
        breaker.enter()
    breaker.succeeded()
    breaker.enter()
    assert breaker.state is State.CLOSED


def test_each_failed_try_doubles_the_pause_up_to_its_bound(breaker, hand):
    fail(breaker, 3)
    pauses = []
    for _ in range(3):
        hand.move(40)
        fail(breaker)
        with pytest.raises(HeldBack) as held:
            breaker.enter()
        pauses.append(held.value.retry_after.total_seconds())
    assert pauses == [20, 35, 35]


def test_a_try_that_was_given_up_makes_way_for_the_next(breaker, hand):
    fail(breaker, 3)
    hand.move(10)
    breaker.enter()
    breaker.left()
    breaker.enter()
    assert breaker.state is State.HALF_OPEN


def test_failures_of_calls_begun_before_do_not_lengthen_the_pause(breaker, hand):
    for _ in range(5):
        breaker.enter()
    for _ in range(5):
        breaker.failed()
    hand.move(10)
    breaker.enter()
    assert breaker.state is State.HALF_OPEN


def test_every_change_is_told(hand):
    told = []
    breaker = Breaker(POLICY, hand, told.append)
    fail(breaker, 3)
    hand.move(10)
    breaker.enter()
    breaker.succeeded()
    assert told == [State.OPEN, State.HALF_OPEN, State.CLOSED]
