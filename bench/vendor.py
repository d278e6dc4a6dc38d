"""A provider simulator: slow, failing or hanging as told, and every call written down for the benchmark.

Calls go to a file (one line each: deed and correlation id), so that the load process can count them and see
which request of the LMS caused them.
"""

import asyncio
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import orjson

from app.domain.attendance import Policy, Rule
from app.domain.errors import ProviderUnavailable
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
    ProviderSettings,
)
from app.providers.http import ProviderHttp
from app.telemetry import logs

BEHAVIOUR = "BENCH_VENDOR"  # in the environment of the server process


@dataclass(frozen=True)
class Behaviour:
    """`pause` seconds per call, `failing` share of calls, `at_once`: as many calls at a time as it allows."""

    calls: str = os.devnull  # the file to write calls down in
    pause: float = 0.0
    failing: float = 0.0
    at_once: int = 1_000

    def as_environment(self) -> dict[str, str]:
        return {BEHAVIOUR: orjson.dumps(self).decode()}


class NoSettings(ProviderSettings):
    """Nothing to fill in."""


class Vendor(Provider):
    """Ids are its own, a marker can be searched for, as with most vendors."""

    Settings = NoSettings
    card = Card(
        key="bench",
        name="Simulated vendor",
        summary="Slow, failing or hanging as told.",
        keeps_schedule=True,
        idempotency=Idempotency.MARKER,
        attendance=AttendanceSource.NONE,
        identity=IdentityStrength.VERIFIED_EMAIL,
        default_policy=Policy(Rule.OPENED),
    )
    behaviour = Behaviour()

    def __init__(self, settings: NoSettings, http: ProviderHttp) -> None:
        self._seats = asyncio.Semaphore(self.behaviour.at_once)
        self._made: dict[str, str] = {}
        self._luck = random.Random(7)
        self._journal = os.open(self.behaviour.calls, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def check(self) -> CheckReport:
        return CheckReport((CheckStep("reached", ok=True),))

    async def create(self, spec: MeetingSpec, marker: str) -> ProviderMeeting:
        await self._answer("create")
        made = self._made.setdefault(marker, uuid4().hex)
        return ProviderMeeting(MeetingRef(made, {"url": f"https://meet.example/{made}"}))

    async def find(self, marker: str, ref: MeetingRef | None) -> ProviderMeeting | None:
        await self._answer("find")
        made = self._made.get(marker)
        return ProviderMeeting(MeetingRef(made, {"url": f"https://meet.example/{made}"})) if made else None

    async def update(self, ref: MeetingRef, spec: MeetingSpec, marker: str) -> ProviderMeeting:
        await self._answer("update")
        return ProviderMeeting(ref)

    async def cancel(self, ref: MeetingRef) -> None:
        await self._answer("cancel")

    async def join_link(self, ref: MeetingRef, person: Person, role: Role) -> str | None:
        await self._answer("join_link")
        return ref.details["url"]

    async def _answer(self, deed: str) -> None:
        os.write(self._journal, f"{deed} {logs.correlation_id()}\n".encode())
        async with self._seats:
            await asyncio.sleep(self.behaviour.pause)
        if self._luck.random() < self.behaviour.failing:
            raise ProviderUnavailable


def from_environment(environment: Mapping[str, str] = os.environ) -> type[Vendor] | None:
    """The vendor as this process was told to play it; None when it was not told."""
    told = environment.get(BEHAVIOUR)
    if told is None:
        return None
    return type("ToldVendor", (Vendor,), {"behaviour": Behaviour(**orjson.loads(told))})


def calls(file: str | Path) -> list[tuple[str, str]]:
    """Every call so far: deed, correlation id."""
    path = Path(file)
    lines = path.read_text().splitlines() if path.exists() else []
    return [(deed, cause) for deed, _, cause in (line.partition(" ") for line in lines)]
