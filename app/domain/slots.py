"""Free time of several people at once: within everybody's working hours, and outside everybody's classes.

Hours are those of each person's own clock, so they move against UTC when clocks change; the length of a slot
is time that passes, so an hour is an hour on those nights, too.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.domain.calendar import ONE_DAY, Span
from app.domain.errors import InvalidRequest

HORIZON = timedelta(days=92)
STEP = timedelta(minutes=15)  # slots begin on a quarter of an hour; every zone in use keeps to those
LONGEST, MOST = timedelta(hours=12), 50
WORKDAYS = frozenset(range(5))


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody works: local times on weekdays (Monday is 0). Closing at or before opening is the next
    day's time: a night shift, or around the clock."""

    zone: ZoneInfo
    opens: time = time(9)
    closes: time = time(17)
    days: frozenset[int] = WORKDAYS


@dataclass(frozen=True, slots=True)
class Participant:
    """One of those who have to be free. `busy` in any order."""

    hours: Hours
    busy: Sequence[Span] = field(default=())


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: `count` slots of `length`, none before `after`. Raises InvalidRequest."""

    after: datetime
    length: timedelta
    count: int = 10

    def __post_init__(self) -> None:
        if not timedelta(minutes=5) <= self.length <= LONGEST:
            raise InvalidRequest("The length must be 5 minutes to 12 hours.")
        if not 1 <= self.count <= MOST:
            raise InvalidRequest(f"Ask for 1 to {MOST} times.")

    @property
    def window(self) -> Span:
        """As far as is looked."""
        return Span(self.after, self.after + HORIZON)


def free_slots(participants: Sequence[Participant], wanted: Search) -> list[Span]:
    """The next slots in which everybody is free, none of them overlapping; fewer where there are no more."""
    found: list[Span] = []
    free = [wanted.window]
    for one in participants:
        free = _common(free, _free(one, wanted.window))
    for stretch in free:
        begins = _rounded_up(stretch.starts_at)
        while begins + wanted.length <= stretch.ends_at and len(found) < wanted.count:
            found.append(Span(begins, begins + wanted.length))
            begins = _rounded_up(begins + wanted.length)
    return found


def _free(one: Participant, window: Span) -> list[Span]:
    """Working time without what is busy, in its order and without overlaps."""
    busy = sorted(one.busy, key=lambda span: span.starts_at)
    found: list[Span] = []
    for span in _merged(_working(one.hours, window)):
        begins = span.starts_at
        for taken in busy:
            if taken.starts_at >= span.ends_at:
                break
            if begins < taken.starts_at:
                found.append(Span(begins, taken.starts_at))
            begins = max(begins, taken.ends_at)
        if begins < span.ends_at:
            found.append(Span(begins, span.ends_at))
    return found


def _working(hours: Hours, window: Span) -> Iterator[Span]:
    day = window.starts_at.astimezone(hours.zone).date() - ONE_DAY  # a night shift began yesterday
    last = window.ends_at.astimezone(hours.zone).date()
    while day <= last:
        if day.weekday() in hours.days:
            closing = day if hours.closes > hours.opens else day + ONE_DAY
            span = Span(_instant(day, hours.opens, hours.zone), _instant(closing, hours.closes, hours.zone))
            if span.starts_at < span.ends_at:  # a night on which clocks change may leave nothing
                yield span
        day += ONE_DAY


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A local time that the clocks leap over is the moment of the leap's other side."""
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def _merged(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for span in spans:
        if found and span.starts_at <= found[-1].ends_at:
            found[-1] = Span(found[-1].starts_at, max(found[-1].ends_at, span.ends_at))
        else:
            found.append(span)
    return found


def _common(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """Where both are; each in its order and without overlaps."""
    found: list[Span] = []
    i = j = 0
    while i < len(one) and j < len(other):
        a, b = one[i], other[j]
        if a.meets(b):
            found.append(Span(max(a.starts_at, b.starts_at), min(a.ends_at, b.ends_at)))
        if a.ends_at <= b.ends_at:
            i += 1
        else:
            j += 1
    return found


def _rounded_up(moment: datetime) -> datetime:
    over = (moment - datetime(1970, 1, 1, tzinfo=UTC)) % STEP
    return moment + (STEP - over) if over else moment
