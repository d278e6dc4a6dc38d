"""Guessing is slowed down per client and address (pain A3), in bounded memory."""

from datetime import timedelta

import pytest

from app.domain.errors import Throttled
from app.services.throttle import FAILURES, Throttle
from tests.conftest import Hands


def fail(throttle: Throttle, times: int, client: str = "lms", address: str = "10.0.0.1") -> None:
    for _ in range(times):
        throttle.check(client, address)
        throttle.failed(client, address)


def test_the_thirtieth_failure_closes_the_door_and_tells_how_long(clock: Hands) -> None:
    throttle = Throttle(clock)
    fail(throttle, FAILURES - 1)
    clock.move(seconds=20)
    fail(throttle, 1)
    with pytest.raises(Throttled) as refused:
        throttle.check("lms", "10.0.0.1")
    assert refused.value.retry_after == timedelta(seconds=40)


def test_the_door_opens_again_when_the_window_has_drained(clock: Hands) -> None:
    throttle = Throttle(clock)
    fail(throttle, FAILURES)
    clock.move(seconds=60)
    throttle.check("lms", "10.0.0.1")
    fail(throttle, FAILURES)
    with pytest.raises(Throttled):
        throttle.check("lms", "10.0.0.1")


def test_slow_failures_never_close_the_door(clock: Hands) -> None:
    throttle = Throttle(clock)
    for _ in range(FAILURES * 3):
        fail(throttle, 1)
        clock.move(seconds=2.1)
    throttle.check("lms", "10.0.0.1")
    assert len(throttle._failures) == 1


def test_a_success_forgets_the_failures_before_it(clock: Hands) -> None:
    throttle = Throttle(clock)
    fail(throttle, FAILURES - 1)
    throttle.succeeded("lms", "10.0.0.1")
    fail(throttle, FAILURES - 1)
    throttle.check("lms", "10.0.0.1")
    fail(throttle, 1)
    with pytest.raises(Throttled):
        throttle.check("lms", "10.0.0.1")


def test_one_pair_never_closes_the_door_to_another(clock: Hands) -> None:
    throttle = Throttle(clock)
    fail(throttle, FAILURES)
    throttle.check("lms", "10.0.0.2")
    throttle.check("other", "10.0.0.1")
    with pytest.raises(Throttled):
        throttle.check("lms", "10.0.0.1")


def test_a_flood_of_names_fills_no_memory(clock: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.throttle.PAIRS", 100)
    throttle = Throttle(clock)
    for number in range(150):
        throttle.failed(f"{number}" + "x" * 10_000, "10.0.0.1")
    assert len(throttle._failures) == 100
    assert max(len(client) for client, _ in throttle._failures) <= 128
