"""Calendars: stretches of time, an instructor's appointments, weeks in a reader's zone, and clashes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from app.domain.errors import InvalidRequest
from app.domain.session import EARLIEST, LATEST

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment (in it) to another (no longer in it)."""

    starts_at: datetime
    ends_at: datetime

    def meets(self, other: "Span") -> bool:
        """Whether they share time; one that begins when the other ends does not."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class Appointment:
    """A class in the calendar of one instructor.

    `assigned`: it needs this very person (named, or the only active one of its connection); else the LMS
    names nobody, and any active instructor of the connection may present. `cancelled`: for this person, the
    class itself or the part in it. `revision` counts the changes of the session.
    """

    session_id: UUID
    title: str
    description: str
    span: Span
    vendor: str
    assigned: bool
    cancelled: bool
    revision: int
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Clash:
    """Two classes that need one person at once; `first` begins first."""

    first: Appointment
    second: Appointment

    @property
    def together(self) -> Span:
        """The time for which both last."""
        return Span(self.second.span.starts_at, min(self.first.span.ends_at, self.second.span.ends_at))


def clashes(appointments: Iterable[Appointment], at_most: int = 1000) -> list[Clash]:
    """Every pair that needs the person at once, by the beginning of the second (pain B5)."""
    found: list[Clash] = []
    running: list[Appointment] = []
    needed = (one for one in appointments if one.assigned and not one.cancelled)
    for one in sorted(needed, key=lambda each: (each.span.starts_at, each.session_id)):
        running = [other for other in running if other.span.meets(one.span)]
        found += [Clash(other, one) for other in running]
        running.append(one)
        if len(found) >= at_most:
            break
    return found[:at_most]


@cache
def zone_names() -> tuple[str, ...]:
    """Every zone by which a reader can be asked for theirs."""
    return tuple(sorted(name for name in available_timezones() if "/" in name or name == "UTC"))


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def zone(name: str) -> ZoneInfo:
    """Raises InvalidRequest for a name that no zone has."""
    if name not in _known():
        raise InvalidRequest("There is no such time zone. Write it like Europe/Berlin.")
    return ZoneInfo(name)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a reader, and what is in it; a class over midnight stands in both days."""

    date: date
    appointments: tuple[Appointment, ...]


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from a Monday, as the clocks of `zone` have them: 167 or 169 hours when those change."""

    monday: date
    zone: ZoneInfo

    @classmethod
    def around(cls, day: date, reader: ZoneInfo) -> "Week":
        """The week of `day`. Raises InvalidRequest beyond the years that sessions can be in."""
        if not EARLIEST.date() + 7 * ONE_DAY <= day <= LATEST.date() - 7 * ONE_DAY:
            raise InvalidRequest(f"The week must lie between {EARLIEST.year} and {LATEST.year - 1}.")
        return cls(day - day.weekday() * ONE_DAY, reader)

    @property
    def span(self) -> Span:
        return Span(self._midnight(0), self._midnight(7))

    def days(self, appointments: Sequence[Appointment]) -> list[Day]:
        """What is on each of the seven days, in its order."""
        spans = [Span(self._midnight(n), self._midnight(n + 1)) for n in range(7)]
        return [
            Day(self.monday + n * ONE_DAY, tuple(one for one in appointments if one.span.meets(span)))
            for n, span in enumerate(spans)
        ]

    def _midnight(self, days: int) -> datetime:
        there = datetime.combine(self.monday + days * ONE_DAY, time(), tzinfo=self.zone)
        return there.astimezone(UTC)
