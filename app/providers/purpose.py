"""What a provider is called for: who waits for it decides whose call goes first.

Services say it once around a deed, and every call made within knows it:
`with purpose(how_soon(starts_at, now)): await provider.create(…)`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from enum import IntEnum

SOON = timedelta(hours=24)


class Purpose(IntEnum):
    """The lower, the more urgent."""

    LAUNCH = 0  # a person has clicked and waits
    SOON = 1  # the class is within a day
    LATER = 2  # any other class, and all that nobody gave a purpose
    REPORT = 3  # attendance, reconciliation: it can wait for a quiet moment


_present: ContextVar[Purpose] = ContextVar("purpose", default=Purpose.LATER)


@contextmanager
def purpose(what: Purpose) -> Iterator[None]:
    """Calls in this block, and in tasks that begin in it, are made for `what`."""
    before = _present.set(what)
    try:
        yield
    finally:
        _present.reset(before)


def present_purpose() -> Purpose:
    """What the call at hand is made for."""
    return _present.get()


def how_soon(starts_at: datetime, now: datetime) -> Purpose:
    """The purpose of a deed for a class: SOON from a day before its start, and after it too."""
    return Purpose.SOON if starts_at - now <= SOON else Purpose.LATER
