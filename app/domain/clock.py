"""The time, handed in: parts that care about it take a `Clock`, so that tests can move it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present moment, aware UTC."""
    return datetime.now(UTC)
