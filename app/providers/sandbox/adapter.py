"""The practice room as a provider: ids are chosen by us, so every deed may be repeated without harm."""

from datetime import timedelta

from app.domain.attendance import Policy, Rule
from app.domain.meeting import MeetingRef, MeetingSpec
from app.domain.people import Person, Role
from app.providers.base import (
    AttendanceSource,
    Card,
    CheckReport,
    CheckStep,
    Idempotency,
    IdentityStrength,
    Provider,
    ProviderMeeting,
)
from app.providers.http import ProviderHttp
from app.providers.sandbox.config import SandboxSettings

PRACTICE_ROOM = Card(
    key="sandbox",
    name="Practice room",
    summary="A room inside this service to try the whole loop. It carries no sound and no picture.",
    keeps_schedule=True,
    idempotency=Idempotency.CHOSEN_ID,
    attendance=AttendanceSource.HOSTED,
    identity=IdentityStrength.PLANTED_ID,
    default_policy=Policy(Rule.PRESENT, minimum=timedelta(0), without_presence=Rule.LAUNCHED),
    hosted=True,
    limits=("No sound, no picture, no recording: it is for trying out.",),
)


class Sandbox(Provider):
    card = PRACTICE_ROOM
    Settings = SandboxSettings

    def __init__(self, settings: SandboxSettings, http: ProviderHttp) -> None:
        self._settings = settings

    @property
    def policy(self) -> Policy:
        return Policy(
            Rule.PRESENT,
            minimum=timedelta(minutes=self._settings.minimum_minutes),
            percent=self._settings.minimum_percent,
            without_presence=Rule.LAUNCHED,
        )

    async def check(self) -> CheckReport:
        return CheckReport(steps=(CheckStep("The practice room is part of this service", ok=True),))

    async def create(self, spec: MeetingSpec, marker: str) -> ProviderMeeting:
        return ProviderMeeting(MeetingRef(provider_id=f"room-{marker}"))

    async def find(self, marker: str, ref: MeetingRef | None) -> ProviderMeeting | None:
        return ProviderMeeting(ref or MeetingRef(provider_id=f"room-{marker}"))

    async def update(self, ref: MeetingRef, spec: MeetingSpec, marker: str) -> ProviderMeeting:
        return ProviderMeeting(ref)

    async def cancel(self, ref: MeetingRef) -> None:
        return None

    async def join_link(self, ref: MeetingRef, person: Person, role: Role) -> str | None:
        return None
