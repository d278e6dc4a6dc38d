"""The breaker: a provider that fails again and again is left alone for a while, then asked by one call only.

    CLOSED ── so many failures in a row, within the window ──→ OPEN ── the pause ends ──→ HALF_OPEN
       ↑                                                        ↑                             │
       └──────────────── the one call succeeds ─────────────────┼─────────────────────────────┤
                                                                └── it fails: twice the pause ┘

One per connection and process: what it knows may be stale elsewhere, which costs a few failing calls.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from app.providers.held_back import HeldBack


class State(IntEnum):
    """The numbers are what the gauge shows."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """`failures` in a row, the first and the last within `window_seconds`, open the breaker."""

    failures: int = 5
    window_seconds: float = 60.0
    pause_seconds: float = 10.0
    longest_pause_seconds: float = 120.0


class Breaker:
    """Every call: `enter` before it, then exactly one of `succeeded`, `failed`, `left`."""

    def __init__(
        self,
        policy: BreakerPolicy,
        clock: Callable[[], float],
        tell: Callable[[State], None] = lambda _: None,
    ) -> None:
        self._policy, self._clock, self._tell = policy, clock, tell
        self._state = State.CLOSED
        self._failures, self._first_failed_at = 0, 0.0
        self._pause, self._open_until = policy.pause_seconds, 0.0

    @property
    def state(self) -> State:
        return self._state

    def enter(self) -> None:
        """Raises HeldBack while open, and while another call tries out whether the provider is back."""
        if self._state is State.CLOSED:
            return
        left = self._open_until - self._clock()
        if self._state is State.HALF_OPEN or left > 0:
            wait = max(left, 1.0)
            raise HeldBack(
                "breaker",
                "The provider failed several times in a row and is left alone: "
                f"it is tried again in about {wait:.0f} s.",
                wait,
            )
        self._become(State.HALF_OPEN)

    def succeeded(self) -> None:
        """The provider answered, be it with a refusal: it is there."""
        self._failures, self._pause = 0, self._policy.pause_seconds
        self._become(State.CLOSED)

    def failed(self) -> None:
        """No answer, or one that says: not now."""
        now = self._clock()
        if self._state is State.HALF_OPEN:
            self._pause = min(self._pause * 2, self._policy.longest_pause_seconds)
            self._open(now)
        elif self._state is State.CLOSED:
            if self._failures == 0 or now - self._first_failed_at > self._policy.window_seconds:
                self._failures, self._first_failed_at = 0, now
            self._failures += 1
            if self._failures >= self._policy.failures:
                self._open(now)

    def left(self) -> None:
        """The call was given up, so it proves nothing; the next one may try in its place."""
        if self._state is State.HALF_OPEN:
            self._become(State.OPEN)

    def _open(self, now: float) -> None:
        self._failures, self._open_until = 0, now + self._pause
        self._become(State.OPEN)

    def _become(self, state: State) -> None:
        if state is not self._state:
            self._state = state
            self._tell(state)
