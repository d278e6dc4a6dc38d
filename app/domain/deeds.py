"""What has to be done at the provider so that a meeting becomes what is wanted, and what may come of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.domain.meeting import Meeting, MeetingRef, MeetingSpec, MeetingState
from app.domain.session import Session, SessionState


class Deed(StrEnum):
    CREATE = "create"
    FIND_OR_CREATE = "find_or_create"
    UPDATE = "update"
    CANCEL = "cancel"
    FIND_AND_CANCEL = "find_and_cancel"


@dataclass(frozen=True, slots=True)
class Work:
    """A claim: one deed, ours until the lease ends. `token` proves it when the outcome is recorded."""

    deed: Deed
    session: Session
    meeting: Meeting
    spec: MeetingSpec
    token: UUID


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody else is at it."""

    meeting: Meeting


@dataclass(frozen=True, slots=True)
class Idle:
    """Nobody is at it, and a newer attempt at this very revision failed."""

    meeting: Meeting


@dataclass(frozen=True, slots=True)
class Settled:
    """The provider has what is wanted."""

    meeting: Meeting | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a deed came to. A failure names its kind, its sentence, and when to try again.

    A failure without `next_try_at` is parked: nobody tries until the LMS changes something or a person asks.
    """

    state: MeetingState
    ref: MeetingRef | None = None
    error: str = ""
    error_kind: str = ""
    next_try_at: datetime | None = None

    @property
    def failed(self) -> bool:
        return bool(self.error_kind)

    @property
    def parked(self) -> bool:
        return self.failed and self.next_try_at is None


def is_settled(session: Session, meeting: Meeting) -> bool:
    """Whether the provider is known to have what is wanted."""
    return (
        _wanted(session, meeting)
        and meeting.state is MeetingState.LIVE
        and meeting.synced_revision == session.revision
    )


def deed_due(session: Session, meeting: Meeting) -> Deed | None:
    """What is due; None when a meeting that was never asked for is not wanted any more."""
    wanted = _wanted(session, meeting)
    match meeting.state:
        case MeetingState.WANTED:
            return Deed.CREATE if wanted else None
        case MeetingState.UNCERTAIN:
            return Deed.FIND_OR_CREATE if wanted else Deed.FIND_AND_CANCEL
        case _:
            return Deed.UPDATE if wanted else Deed.CANCEL


def _wanted(session: Session, meeting: Meeting) -> bool:
    return session.state is SessionState.SCHEDULED and not meeting.expired
