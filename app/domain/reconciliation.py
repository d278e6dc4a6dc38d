"""What a comparison with a provider found, and what was done about it."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Finding(StrEnum):
    """From harmless to grave."""

    UNKNOWN = "unknown"  # it carries a marker that this database does not have: not ours, never touched
    DIFFERS = "differs"  # it is not as wanted: made so
    DUPLICATE = "duplicate"  # a second meeting of one class, made here: removed
    ORPHAN = "orphan"  # made here and not wanted any more: removed
    MISSING = "missing"  # not found once: looked for again before it counts as deleted
    GONE = "gone"  # not found twice: made again


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was found. `session`: the LMS's id, where there is one."""

    finding: Finding
    provider_id: str = ""
    session: str = ""
    detail: str = ""
    healed: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """One connection, compared. `listed`: how many meetings it showed; None where it cannot list."""

    connection: str
    listed: int | None
    compared: int
    lines: tuple[Line, ...] = ()
    error: str = ""
    dry_run: bool = False

    @property
    def needs_second_look(self) -> bool:
        return any(line.finding is Finding.MISSING for line in self.lines)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
