"""A training session as the LMS wants it: what it is, when it is, who teaches it."""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class SessionState(StrEnum):
    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"


def session_key(external_id: str) -> str:
    """SessionIds are opaque and compared casefolded; `{guid}` and `guid` are the same (contract C)."""
    return external_id.strip().removeprefix("{").removesuffix("}").casefold()


def title_key(title: str) -> str:
    """The form of a title in which it is searched; never shown."""
    return unicodedata.normalize("NFC", title).casefold()


@dataclass(frozen=True, slots=True)
class SessionDraft:
    """One SessionRequest (contract A4), understood: instants are aware UTC, `instructors` as spelled.

    `instructors` is None where the LMS did not say (contract 1.0.0), a tuple where it did (B3).
    """

    external_id: str
    title: str
    description: str
    starts_at: datetime
    ends_at: datetime
    creator_email: str
    time_zone: str = ""
    utc_offset: timedelta | None = None
    instructors: tuple[str, ...] | None = None
    lo_id: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A stored session. `revision` counts the changes of what is wanted, cancel and revival included."""

    id: UUID
    tenant_id: UUID
    connection_id: UUID
    external_id: str
    title: str
    description: str
    starts_at: datetime
    ends_at: datetime
    state: SessionState
    revision: int
    time_zone: str = ""
    lo_id: str | None = None

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.starts_at
