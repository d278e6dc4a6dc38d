"""What a meeting provider is to this house: a card that says what it can do, a form, and seven deeds.

Written for what real providers need (UCWA, Graph, Zoom, Webex, BigBlueButton, Jitsi): most keep no
schedule, few take an idempotency key, some know who came and some do not. The card says so; services
read the card and never a vendor's name.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel

from app.domain.attendance import Policy
from app.domain.meeting import MeetingRef, MeetingSpec
from app.domain.people import Person, Role
from app.domain.permissions import Scope
from app.providers.http import ProviderHttp
from app.providers.presence import AttendanceFile as AttendanceFile
from app.providers.presence import AttendanceReport as AttendanceReport
from app.providers.presence import PresenceRow as PresenceRow
from app.providers.pushes import Push, PushNotAuthentic


class Idempotency(StrEnum):
    """What keeps a repeated create from making a second meeting."""

    CHOSEN_ID = "chosen_id"  # the id is ours: a repeat finds the same meeting
    NATIVE_KEY = "native_key"  # the provider takes a key and answers a repeat with the first meeting
    MARKER = "marker"  # our marker is planted in the meeting and can be searched for
    NONE = "none"


class AttendanceSource(StrEnum):
    """How presence becomes known."""

    NONE = "none"  # it does not: who opened the link is all there is
    HOSTED = "hosted"  # the class takes place in this service's own room
    PULL = "pull"  # a report after the class
    PUSH = "push"  # webhooks
    LIVE = "live"  # a roster that must be watched during the class; partial where the watch broke


class IdentityStrength(StrEnum):
    """How surely a present person is the person of the LMS."""

    PLANTED_ID = "planted_id"
    VERIFIED_EMAIL = "verified_email"
    CLAIMED_EMAIL = "claimed_email"
    NAME_ONLY = "name_only"


@dataclass(frozen=True, slots=True)
class PreferencesPage:
    """A page of its own for this provider among the LMS's preferences: where, for whom, with which fields."""

    path: str
    title: str
    scope: Scope
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A provider in words a buyer understands, and in flags that services read.

    `join_link_per_person`: the provider gives each person a link of their own, made at the click.
    `hosted`: there is no address elsewhere; the join door opens this service's own room.
    `checks_people`: instructors must exist in its directory. `plants_presenters`: who presents is written
    into the meeting, so that a change of instructors is a change of the meeting.
    `attendance_delay`: how long after the class a report may still change.
    `calls_at_once`, `calls_per_second`: what the provider bears from one connection; 0: no limit of its own.
    """

    key: str
    name: str
    summary: str
    keeps_schedule: bool
    idempotency: Idempotency
    attendance: AttendanceSource
    identity: IdentityStrength
    default_policy: Policy
    join_link_per_person: bool = False
    hosted: bool = False
    moves_in_place: bool = True
    cancels_async: bool = False
    checks_people: bool = False
    plants_presenters: bool = False
    attendance_delay: timedelta = timedelta(0)
    calls_at_once: int = 0
    calls_per_second: float = 0.0
    limits: tuple[str, ...] = ()
    preferences: PreferencesPage | None = None


class ProviderSettings(BaseModel):
    """The admin form of a provider: a subclass lists its fields; `SecretStr` fields are stored sealed.

    `secrets_go_to`: the fields that say who is handed the secrets. Whoever changes one of them must type the
    secrets anew, or a stored password could be sent to a server of one's own.
    """

    secrets_go_to: ClassVar[tuple[str, ...]] = ()

    model_config = {"extra": "forbid", "str_strip_whitespace": True}


@dataclass(frozen=True, slots=True)
class ProviderMeeting:
    """A meeting as the provider has it. `downgrades` are sentences: wanted X, got Y."""

    ref: MeetingRef
    downgrades: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One step of trying a connection: what was tried, whether it worked, what to do if not."""

    name: str
    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The steps in their order; the first that failed ends the list. `facts` are for the administrator."""

    steps: tuple[CheckStep, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return bool(self.steps) and all(step.ok for step in self.steps)


@dataclass(frozen=True, slots=True)
class Listed:
    """A meeting that carries a marker of such a service, as a list tells it; `fields`: the provider's own."""

    marker: str
    ref: MeetingRef
    fields: Mapping[str, Any] = field(default_factory=dict)


class Provider(ABC):
    """One activated connection to a vendor. Pure network I/O: no database, no memory that must last.

    Every deed raises only the provider errors of `domain/errors.py`; `OutcomeUnknown` whenever a write was
    sent and its answer lost. No deed repeats a write on its own after that.
    """

    card: ClassVar[Card]
    Settings: ClassVar[type[ProviderSettings]]

    @abstractmethod
    def __init__(self, settings: Any, http: ProviderHttp) -> None:
        """`settings`: an instance of the class's own `Settings`."""

    @property
    def policy(self) -> Policy:
        """How attendance is decided on this connection."""
        return self.card.default_policy

    @property
    def attendance_source(self) -> AttendanceSource:
        """How presence becomes known on this connection: its settings may choose otherwise than the card."""
        return self.card.attendance

    @abstractmethod
    async def check(self) -> CheckReport:
        """Try the connection for real, step by step. Raises nothing: a failure is a step that failed."""

    async def find_person(self, email: str) -> str | None:
        """The provider's own name for this person, None where it cannot tell. Raises PersonUnknown."""
        return None

    @abstractmethod
    async def create(self, spec: MeetingSpec, marker: str) -> ProviderMeeting:
        """Make the meeting and plant `marker` in it."""

    @abstractmethod
    async def find(self, marker: str, ref: MeetingRef | None) -> ProviderMeeting | None:
        """The meeting that carries `marker`, or None if the provider surely has none."""

    @abstractmethod
    async def update(self, ref: MeetingRef, spec: MeetingSpec, marker: str) -> ProviderMeeting:
        """Bring the meeting to `spec`; the link that people hold lives on. Raises MeetingGone."""

    @abstractmethod
    async def cancel(self, ref: MeetingRef) -> None:
        """Remove the meeting; a missing one is a success."""

    @abstractmethod
    async def join_link(self, ref: MeetingRef, person: Person, role: Role) -> str | None:
        """Where this person goes at the click; None for a hosted room. Never a host link for a learner."""

    async def attendance(self, ref: MeetingRef, since: datetime, until: datetime) -> AttendanceReport:
        """Who was present; only for cards whose attendance is PULL."""
        return AttendanceReport(rows=(), final=True)

    async def watch(
        self, ref: MeetingRef, until: datetime, tell: Callable[[PresenceRow], Awaitable[None]]
    ) -> AttendanceReport:
        """Follow who is there until `until`, or cancelled; `tell` gets each row as it opens and as it closes.

        Only where attendance is LIVE.
        """
        return AttendanceReport(rows=(), final=True, partial=True)

    def read_push(self, headers: Mapping[str, str], body: bytes) -> Push:
        """What the provider says by itself, once it has proven (in constant time) that it is the one.

        Only where attendance is PUSH. Pure and quick: every push goes through it. `headers` are asked for by
        lower-case names. Raises PushNotAuthentic, PushStale, PushUnreadable.
        """
        raise PushNotAuthentic

    @property
    def takes_attendance_files(self) -> bool:
        """Whether presence on this connection is brought by a person, as a file."""
        return False

    def read_attendance_file(self, text: str, ref: MeetingRef) -> AttendanceFile | None:
        """What the file says of this meeting; None where no files are taken. Pure.

        Raises csv.Error for what is no table at all.
        """
        return None

    async def list_ours(self) -> Sequence[Listed] | None:
        """Every meeting that carries a marker, whoever planted it; None where the provider cannot list."""
        return None

    def differences(self, listed: Listed, spec: MeetingSpec) -> tuple[str, ...]:
        """What is not as wanted (`title`, `time`, `presenters`), as far as a list can tell."""
        return ()

    async def aclose(self) -> None:  # noqa: B027 - most have nothing to close
        """Sign out and let go of connections."""
