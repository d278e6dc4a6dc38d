"""The thing at the provider: what is asked for, and how it is found again."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.people import Person


class MeetingState(StrEnum):
    """How sure we are that the provider has the meeting."""

    WANTED = "wanted"  # never asked for, or refused before anything happened
    UNCERTAIN = "uncertain"  # asked for; the answer is not (yet) known: look before asking again
    LIVE = "live"
    CANCELLED = "cancelled"  # gone at the provider; a revival makes a new row


@dataclass(frozen=True, slots=True)
class MeetingSpec:
    """What a meeting shall be. Instants are aware UTC; `presenters` are the active instructors."""

    title: str
    description: str
    starts_at: datetime
    ends_at: datetime
    presenters: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class MeetingRef:
    """How the provider names a meeting. Stored sealed as a whole: `details` may hold a join link.

    `details` keeps only what a later call needs, as strings; never a link that makes its holder host.
    """

    provider_id: str
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Meeting:
    """Our row for a provider's meeting. Its id is the marker planted there.

    `synced_revision` is the session revision that the provider is known to have; None before the first.
    `next_try_at`: when there is something to do; None when not, or when nobody tries any more (`parked_at`).
    `expired`: the class is long over and was never cancelled, so the provider shall not keep it.
    """

    id: UUID
    session_id: UUID
    connection_id: UUID
    state: MeetingState
    ref: MeetingRef | None = None
    synced_revision: int | None = None
    tried_revision: int | None = None
    attempts: int = 0
    last_error: str = ""
    last_error_kind: str = ""
    last_tried_at: datetime | None = None
    next_try_at: datetime | None = None
    pending_since: datetime | None = None
    parked_at: datetime | None = None
    expired: bool = False
