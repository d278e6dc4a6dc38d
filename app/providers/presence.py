"""Who was present, as a provider tells it: row by row, as a report after the class, or read from a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.attendance import Evidence, Kind


@dataclass(frozen=True, slots=True)
class PresenceRow:
    """One interval of one person in one meeting, as the provider tells it. Open while `left_at` is None.

    `instance` names the row at the provider, so that the same row told twice is one.
    """

    email: str
    joined_at: datetime
    left_at: datetime | None
    instance: str

    def evidence(self, source: str) -> Evidence:
        """The same as a piece of evidence; `source`: what it is called there."""
        return Evidence(self.email, Kind.PRESENT, self.joined_at, self.left_at, source, self.instance)


@dataclass(frozen=True, slots=True)
class AttendanceReport:
    """What the provider knows by now; `final` when it will not change any more."""

    rows: Sequence[PresenceRow]
    final: bool
    partial: bool = False


@dataclass(frozen=True, slots=True)
class AttendanceFile:
    """What a file brought by a person says of one meeting. `problems`: sentences on unreadable lines.

    `source`: what its rows are called as evidence. `other_meetings`, `unidentified`: how many lines were left
    out, being of others or naming nobody.
    """

    source: str
    rows: tuple[PresenceRow, ...]
    problems: tuple[str, ...] = ()
    other_meetings: int = 0
    unidentified: int = 0
