"""A clock that tests can push forward."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Real time plus an offset, so that eight hours can pass in no time."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._offset = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._source() + self._offset

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._offset += seconds

    def restore(self) -> None:
        """Go back to real time."""
        self._offset = 0.0
