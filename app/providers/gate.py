"""The gate that every call of a connection passes: breaker, a place in the budget, and careful repeats.

Only what surely changed nothing is repeated: reads, and writes that never left or were turned away unread.
A failure that took long is not repeated either: whoever waits for it has no time left.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import httpx

from app.domain.errors import OutcomeUnknown, ProviderError, ProviderUnavailable
from app.providers import retry_after
from app.providers.breaker import Breaker, BreakerPolicy, State
from app.providers.budget import Budget, BudgetPolicy
from app.providers.held_back import HeldBack
from app.providers.purpose import present_purpose
from app.telemetry import meters

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_NOT_NOW = frozenset({408, 429, 500, 502, 503, 504})
_WORTH_A_REPEAT = frozenset({408, 502, 503, 504})
_TOO_MANY = 429

Answer = httpx.Response | ProviderError
Once = Callable[[], Awaitable[Answer]]


class NeverSent(ProviderUnavailable):
    """No connection came about, so the provider has heard nothing; it may at the next try."""


class NotCallable(ProviderUnavailable):
    """The address is unknown, not allowed or no address at all: our side's matter, and no repeat helps."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How a connection behaves. A repeat waits `first_pause` seconds, twice as long each time, with jitter,
    and begins within `repeat_within` seconds of the first try or not at all."""

    budget: BudgetPolicy = field(default_factory=BudgetPolicy)
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)
    repeats: int = 2
    first_pause: float = 0.2
    repeat_within: float = 4.0

    def at_most(self, at_once: int, per_second: float) -> "Manners":
        """The same within a provider's own limits; 0 means that it has none."""
        fewer = min(self.budget.at_once, at_once or self.budget.at_once)
        return replace(self, budget=replace(self.budget, at_once=fewer, per_second=per_second))


class Gate:
    """One connection's gate. `provider` and `connection` name it in the numbers."""

    def __init__(
        self,
        manners: Manners,
        provider: str = "",
        connection: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._manners, self._provider, self._clock = manners, provider, clock
        self._gauge = meters.PROVIDER_BREAKER.labels(provider, connection) if connection else None
        self._show(State.CLOSED)  # what an older gate of this connection has shown is over
        self._breaker = Breaker(manners.breaker, clock, self._show)
        self._budget = Budget(manners.budget, clock)

    async def through(self, method: str, once: Once) -> httpx.Response:
        """The provider's answer. Raises the error that `once` came to, or HeldBack where nothing was sent."""
        answer: Answer | None = None
        try:
            self._breaker.enter()
            try:
                answer = await self._repeated(method, once)
            finally:
                self._judge(answer)
        except HeldBack as refusal:
            meters.PROVIDER_REFUSALS.labels(self._provider, refusal.reason).inc()
            raise
        return _given(answer)

    async def beside(self, method: str, once: Once) -> httpx.Response:
        """A long poll: it takes no place, is not repeated and proves nothing to the breaker."""
        return _given(self._count(method, await once()))

    async def _repeated(self, method: str, once: Once) -> Answer:
        until = self._clock() + self._manners.repeat_within
        # the one call that tries out an open breaker is one call
        repeats = 0 if self._breaker.state is State.HALF_OPEN else self._manners.repeats
        for repeat in range(repeats + 1):
            async with self._budget.place(present_purpose()):
                answer = self._count(method, await once())
            asked = self._obey(answer)
            pause = max(asked, self._manners.first_pause * 2**repeat) + self._jitter(repeat)
            if repeat == repeats or not _repeatable(method, answer) or self._clock() + pause > until:
                break
            await asyncio.sleep(pause)
        return answer

    def _jitter(self, repeat: int) -> float:
        """Those who failed together shall not come back together."""
        return random.uniform(0, self._manners.first_pause * 2**repeat)  # noqa: S311 - no secret

    def _obey(self, answer: Answer) -> float:
        """Seconds of quiet that the provider asks for; they hold for every call of the connection."""
        if isinstance(answer, ProviderError) or answer.status_code not in _NOT_NOW:
            return 0.0
        asked = retry_after.asked_of(answer)
        seconds = asked.total_seconds() if asked else 0.0
        self._budget.hold(seconds)
        return seconds

    def _judge(self, answer: Answer | None) -> None:
        if answer is None or isinstance(answer, NotCallable):
            self._breaker.left()
        elif isinstance(answer, ProviderUnavailable | OutcomeUnknown) or (
            isinstance(answer, httpx.Response) and answer.status_code in _NOT_NOW
        ):
            self._breaker.failed()
        else:
            self._breaker.succeeded()

    def _count(self, method: str, answer: Answer) -> Answer:
        kind = (
            f"{answer.status_code // 100}xx" if isinstance(answer, httpx.Response) else type(answer).__name__
        )
        meters.PROVIDER_REQUESTS.labels(self._provider, method, kind).inc()
        return answer

    def _show(self, state: State) -> None:
        if self._gauge is not None:
            self._gauge.set(state)


def _repeatable(method: str, answer: Answer) -> bool:
    if isinstance(answer, httpx.Response):
        if answer.status_code == _TOO_MANY:  # turned away unread; when to come again only the provider knows
            return retry_after.asked_of(answer) is not None
        return method in SAFE and answer.status_code in _WORTH_A_REPEAT
    if isinstance(answer, NeverSent):
        return True
    return method in SAFE and isinstance(answer, ProviderUnavailable) and not isinstance(answer, NotCallable)


def _given(answer: Answer) -> httpx.Response:
    if isinstance(answer, ProviderError):
        raise answer
    return answer
