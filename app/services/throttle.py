"""Counts per pair: too many failures of somebody from somewhere close the door to that pair for a while."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

from app.domain.clock import Clock
from app.domain.errors import Throttled

FAILURES = 30
WINDOW = timedelta(seconds=60)
PAIRS = 10_000  # remembered at the most; the one that failed longest ago is forgotten first
LONGEST_NAME = 128  # as typed by anybody

Pair = tuple[str, str]


class Throttle:
    """Counts in this process only: with N processes a guesser has N times the attempts, still hopelessly few.

    `limit` failures in a row within `window` refuse the pair, right secret or wrong, until the oldest is
    older than that. Refused attempts do not count; a success forgets the pair's failures.
    """

    def __init__(self, clock: Clock, limit: int = FAILURES, window: timedelta = WINDOW) -> None:
        self._clock, self._limit, self._window = clock, limit, window
        self._failures: OrderedDict[Pair, deque[datetime]] = OrderedDict()

    def check(self, who: str, where: str) -> None:
        """Raise Throttled while the pair has to wait."""
        failures = self._failures.get(_pair(who, where))
        if failures is None or len(failures) < self._limit:
            return
        wait = failures[0] + self._window - self._clock()
        if wait > timedelta(0):
            raise Throttled(min(wait, self._window))

    def failed(self, who: str, where: str) -> bool:
        """One more failure; says whether the door is closed by it."""
        pair = _pair(who, where)
        failures = self._failures.setdefault(pair, deque(maxlen=self._limit))
        failures.append(self._clock())
        self._failures.move_to_end(pair)
        if len(self._failures) > PAIRS:
            self._failures.popitem(last=False)
        return len(failures) == self._limit and failures[0] + self._window > self._clock()

    def succeeded(self, who: str, where: str) -> None:
        """The pair starts anew."""
        self._failures.pop(_pair(who, where), None)


def _pair(who: str, where: str) -> Pair:
    return who[:LONGEST_NAME], where
