"""A provider that fails on demand, with a memory outside the adapter: what a vendor has on its side."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

from app.domain.attendance import Policy, Rule
from app.domain.errors import (
    AccountBroken,
    MeetingGone,
    OutcomeUnknown,
    PersonUnknown,
    ProviderRejected,
    ProviderUnavailable,
)
from app.domain.meeting import MeetingRef, MeetingSpec
from app.domain.people import Person, Role
from app.providers.base import (
    AttendanceFile,
    AttendanceReport,
    AttendanceSource,
    Card,
    CheckReport,
    CheckStep,
    Idempotency,
    IdentityStrength,
    Listed,
    PresenceRow,
    Provider,
    ProviderMeeting,
    ProviderSettings,
)
from app.providers.http import ProviderHttp
from app.providers.lync.cdr import read_cdr

Tell = Callable[[PresenceRow], Awaitable[None]]


@dataclass
class Vendor:
    """The other side: meetings by id, and what goes wrong next. `faults` are taken one per write."""

    meetings: dict[str, tuple[str, MeetingSpec]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    always: str = ""
    people: set[str] | None = None
    calls: list[str] = field(default_factory=list)
    pause: float = 0.0
    made: int = 0
    report: list[PresenceRow] = field(default_factory=list)
    watched: list[Tell] = field(default_factory=list)  # by whom it is watched right now
    over: asyncio.Event = field(default_factory=asyncio.Event)
    missed: bool = False
    before: Callable[[str], None] = lambda _deed: None

    def take(self) -> str:
        return self.faults.pop(0) if self.faults else self.always


RAISED = {
    "down": ProviderUnavailable,
    "rejected": ProviderRejected,
    "broken": AccountBroken,
}


class FakeSettings(ProviderSettings):
    pass


class Fake(Provider):
    """A vendor that knows the directory, takes no idempotency key and lets markers be searched."""

    vendor: ClassVar[Vendor] = Vendor()
    Settings = FakeSettings
    card = Card(
        key="fake",
        name="Fake",
        summary="A vendor under a test's control.",
        keeps_schedule=True,
        idempotency=Idempotency.MARKER,
        attendance=AttendanceSource.NONE,
        identity=IdentityStrength.VERIFIED_EMAIL,
        default_policy=Policy(Rule.OPENED),
        checks_people=True,
        plants_presenters=True,
    )

    def __init__(self, settings: FakeSettings, http: ProviderHttp) -> None:
        pass

    async def check(self) -> CheckReport:
        return CheckReport((CheckStep("reached", ok=self.vendor.always != "down"),))

    async def find_person(self, email: str) -> str | None:
        if self.vendor.people is not None and email.casefold() not in self.vendor.people:
            raise PersonUnknown
        return f"id:{email.casefold()}"

    async def create(self, spec: MeetingSpec, marker: str) -> ProviderMeeting:
        def commit() -> str:
            self.vendor.made += 1
            made = f"m{self.vendor.made}"
            self.vendor.meetings[made] = (marker, spec)
            return made

        return ProviderMeeting(
            MeetingRef(await self._write("create", commit), {"url": "https://meet.example/x"})
        )

    async def find(self, marker: str, ref: MeetingRef | None) -> ProviderMeeting | None:
        self.vendor.calls.append("find")
        for key, (planted, _spec) in self.vendor.meetings.items():
            if planted == marker:
                return ProviderMeeting(MeetingRef(key, {"url": "https://meet.example/x"}))
        return None

    async def update(self, ref: MeetingRef, spec: MeetingSpec, marker: str) -> ProviderMeeting:
        def commit() -> str:
            if ref.provider_id not in self.vendor.meetings:
                raise MeetingGone
            self.vendor.meetings[ref.provider_id] = (marker, spec)
            return ref.provider_id

        await self._write("update", commit)
        return ProviderMeeting(ref)

    async def cancel(self, ref: MeetingRef) -> None:
        def commit() -> str:
            self.vendor.meetings.pop(ref.provider_id, None)
            return ""

        await self._write("cancel", commit)

    async def join_link(self, ref: MeetingRef, person: Person, role: Role) -> str | None:
        return ref.details["url"]

    async def attendance(self, ref, since, until) -> AttendanceReport:  # type: ignore[no-untyped-def]
        return AttendanceReport(self.vendor.report, final=True)

    async def watch(self, ref: MeetingRef, until: datetime, tell: Tell) -> AttendanceReport:
        self.vendor.calls.append("watch")
        self.vendor.watched.append(tell)
        try:
            await self.vendor.over.wait()
        finally:
            self.vendor.watched.remove(tell)
        return AttendanceReport((), final=True, partial=self.vendor.missed)

    async def list_ours(self) -> list[Listed] | None:
        self.vendor.calls.append("list")
        if self.vendor.always in RAISED:
            raise RAISED[self.vendor.always]
        return [
            Listed(marker, MeetingRef(key, {"url": "https://meet.example/x"}), {"spec": spec})
            for key, (marker, spec) in self.vendor.meetings.items()
        ]

    def differences(self, listed: Listed, spec: MeetingSpec) -> tuple[str, ...]:
        found: MeetingSpec = listed.fields["spec"]
        times = (found.starts_at, found.ends_at) == (spec.starts_at, spec.ends_at)
        wrong = {"title": found.title != spec.title, "time": not times}
        wrong["presenters"] = found.presenters != spec.presenters
        return tuple(name for name, differs in wrong.items() if differs)

    async def _write(self, deed: str, commit: Callable[[], str]) -> str:
        self.vendor.calls.append(deed)
        self.vendor.before(deed)
        fault = self.vendor.take()
        if fault in RAISED:
            raise RAISED[fault]
        if self.vendor.pause:
            await asyncio.sleep(self.vendor.pause)
        done = commit()
        if fault == "lost":
            raise OutcomeUnknown
        if fault == "hang":
            await asyncio.sleep(60)
        if fault == "bug":
            raise KeyError("a bug in the adapter")
        return done


def fake_provider() -> type[Fake]:
    """A class of its own for each test, so that no vendor's memory is shared."""
    return type("FakeOfOneTest", (Fake,), {"vendor": Vendor()})


def reporting(provider: type[Fake], policy: Policy) -> type[Fake]:
    """The same vendor, with an attendance report to pull."""
    card = replace(provider.card, attendance=AttendanceSource.PULL, default_policy=policy)
    return type("ReportingFake", (provider,), {"card": card})


def filing(provider: type[Fake], policy: Policy) -> type[Fake]:
    """The same vendor, whose presence is brought as a file."""

    def read(self: Fake, text: str, ref: MeetingRef) -> AttendanceFile:
        found = read_cdr(text, ref.provider_id)
        return AttendanceFile("cdr", found.rows, found.problems, found.other_meetings, found.unidentified)

    card = replace(provider.card, default_policy=policy)
    more = {"card": card, "takes_attendance_files": True, "read_attendance_file": read}
    return type("FilingFake", (provider,), more)


def live(provider: type[Fake]) -> type[Fake]:
    """The same vendor, whose roster has to be watched."""
    card = replace(provider.card, attendance=AttendanceSource.LIVE, default_policy=Policy(Rule.PRESENT))
    return type("LiveFake", (provider,), {"card": card})
