"""How many calls a connection may have under way, and who goes first when there are more.

A short bounded queue, the most urgent purpose in front, then a fast refusal. Reports may not take every
place, so that nobody in a hurry waits behind sixteen slow ones.
"""

import asyncio
from bisect import insort
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from app.providers.held_back import HeldBack
from app.providers.purpose import Purpose

REPORTS_SHARE = 0.5  # a report begins only while fewer of the places than this are taken


@dataclass(frozen=True, slots=True)
class BudgetPolicy:
    """`per_second`: calls begun in a second, on average; 0 means that the provider sets no such limit."""

    at_once: int = 16
    per_second: float = 0.0
    queue: int = 64
    queue_seconds: float = 3.0


@dataclass(order=True, slots=True)
class _Waiter:
    purpose: Purpose
    number: int
    turn: asyncio.Future[None] = field(compare=False)


class Budget:
    """The places of one connection in this process."""

    def __init__(self, policy: BudgetPolicy, clock: Callable[[], float]) -> None:
        self._policy, self._clock = policy, clock
        self._busy = 0
        self._waiting: list[_Waiter] = []
        self._numbers = count()
        self._begun_until = 0.0  # the moment to which the calls begun so far use up the rate
        self._held_until = 0.0
        self._alarm: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def place(self, purpose: Purpose) -> AsyncIterator[None]:
        """A place for one call. Raises HeldBack where none becomes free in time."""
        await self._enter(purpose)
        try:
            yield
        finally:
            self._leave()

    def hold(self, seconds: float) -> None:
        """The provider asked for quiet: nothing begins for `seconds`."""
        self._held_until = max(self._held_until, self._clock() + seconds)

    async def _enter(self, purpose: Purpose) -> None:
        quiet = self._held_until - self._clock()
        if quiet > self._policy.queue_seconds:
            raise HeldBack("asked", f"The provider asked to be left alone for {quiet:.0f} s.", quiet)
        ahead = bool(self._waiting) and self._waiting[0].purpose <= purpose
        if not ahead and self._busy < self._places(purpose) and self._pause() <= 0:
            return self._begin()
        if len(self._waiting) >= self._policy.queue:
            self._make_room(purpose)
        waiter = _Waiter(purpose, next(self._numbers), asyncio.get_running_loop().create_future())
        insort(self._waiting, waiter)
        self._wake()
        await self._wait(waiter)

    async def _wait(self, waiter: _Waiter) -> None:
        try:
            async with asyncio.timeout(self._policy.queue_seconds):
                await waiter.turn
        except BaseException as exc:
            self._forget(waiter)
            if isinstance(exc, TimeoutError):
                raise self._full() from None
            raise

    def _forget(self, waiter: _Waiter) -> None:
        """Somebody stopped waiting; a place that was given in the same moment goes on to the next."""
        if waiter in self._waiting:
            self._waiting.remove(waiter)
        elif waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.exception() is None:
            self._leave()

    def _make_room(self, purpose: Purpose) -> None:
        """The least urgent gives way to a more urgent one; who is not more urgent is refused."""
        if not self._waiting or self._waiting[-1].purpose <= purpose:
            raise self._full()
        self._waiting.pop().turn.set_exception(self._full())

    def _full(self) -> HeldBack:
        advice = "More calls to the provider were wanted at once than it is given; they are made later."
        return HeldBack("queue", advice, self._policy.queue_seconds)

    def _wake(self) -> None:
        """Let those in front begin, as far as places and rate allow."""
        while self._waiting and self._busy < self._places(self._waiting[0].purpose):
            if (pause := self._pause()) > 0:
                return self._wake_in(pause)
            waiter = self._waiting.pop(0)
            if not waiter.turn.done():
                self._begin()
                waiter.turn.set_result(None)

    def _wake_in(self, seconds: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_later(seconds, self._wake)

    def _begin(self) -> None:
        self._busy += 1
        if self._policy.per_second:
            self._begun_until = max(self._begun_until, self._clock()) + 1 / self._policy.per_second

    def _leave(self) -> None:
        self._busy -= 1
        self._wake()

    def _places(self, purpose: Purpose) -> int:
        share = REPORTS_SHARE if purpose is Purpose.REPORT else 1.0
        return max(1, int(self._policy.at_once * share))

    def _pause(self) -> float:
        """Seconds until the provider's wish and the rate (bursts: a second's worth) allow a call."""
        now = self._clock()
        rate = self._policy.per_second
        ahead = self._begun_until - now - max(0.0, 1 - 1 / rate) if rate else 0.0
        return max(self._held_until - now, ahead)
