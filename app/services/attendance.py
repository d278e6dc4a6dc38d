"""Who attended: evidence gathered, the connection's policy applied, one spelling per person given back."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from app.crowd import gently
from app.db import evidence, rosters, sessions, summaries
from app.db.database import Database, Tx
from app.db.evidence import Observation
from app.db.meetings import Meetings
from app.domain.attendance import Class, Decision, Evidence, rule_for, verdict
from app.domain.caller import Caller
from app.domain.clock import Clock
from app.domain.errors import ProviderError, ProviderUnavailable, SessionNotFound
from app.domain.roster import merged
from app.domain.session import Session
from app.providers.base import AttendanceReport, AttendanceSource
from app.providers.purpose import Purpose, purpose
from app.services.connections import Connections
from app.services.erasures import Erasures
from app.telemetry import meters

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Told:
    """A provider's report as evidence. `final`: it will not change any more; `partial`: it has gaps."""

    source: str
    rows: tuple[Evidence, ...]
    final: bool
    partial: bool


class Attendance:
    """Evidence is never changed by asking; the decision is made anew each time."""

    def __init__(
        self,
        db: Database,
        store: Meetings,
        connections: Connections,
        erasures: Erasures,
        clock: Clock,
        budget: timedelta,
    ) -> None:
        self._db, self._store, self._connections = db, store, connections
        self._erasures, self._clock, self._budget = erasures, clock, budget

    async def attendees(self, caller: Caller, external_id: str) -> list[str]:
        """The addresses of those who attended, spelled as at launch. Raises SessionNotFound.

        Evidence decides, and over it the marks of people (services/rosters.py): whoever was marked as not
        attending is left out, whoever was marked as attending is in.
        """
        async with self._db.read() as tx:
            session = await sessions.find(tx, caller.tenant_id, external_id)
        if session is None:
            raise SessionNotFound
        decisions = await self.decisions(session)
        async with self._db.read() as tx:
            marks = await rosters.marks(tx, session.id)
        if not marks:
            return [decision.email for decision in decisions if decision.attended]
        return [line.email for line in merged(decisions, marks) if line.attended]

    async def decisions(self, session: Session) -> list[Decision]:
        """One decision with its reason for everybody of whom there is evidence, after asking the provider.

        Its silence hides nothing that is known already.
        """
        try:
            told = await self.report(session)
        except ProviderError as error:
            log.warning("attendance not fetched", session=str(session.id), error=type(error).__name__)
            told = None
        if told is not None:
            async with self._db.begin() as tx:
                await self._add(tx, session, told)
        return await self.known(session)

    async def known(self, session: Session) -> list[Decision]:
        """The same, without asking anybody."""
        provider = await self._connections.provider(session.connection_id)
        planned, policy = Class(session.starts_at, session.ends_at), provider.policy
        async with self._db.read() as tx:
            people = await summaries.of_session(tx, session.id, planned.widened(policy.grace), self._clock())
        rule = rule_for(people, policy)
        return await gently(lambda one: verdict(one, rule, policy, planned), people)

    async def reports(self, session: Session) -> bool:
        """Whether the session's provider gives a report that can be asked for."""
        provider = await self._connections.provider(session.connection_id)
        return provider.attendance_source is AttendanceSource.PULL

    async def delay(self, session: Session) -> timedelta:
        """How long after a class the provider's report may still change."""
        provider = await self._connections.provider(session.connection_id)
        return provider.card.attendance_delay

    async def fetch(self, session: Session) -> bool:
        """Ask the provider and keep what it says; whether that was its last word. Raises ProviderError."""
        told = await self.report(session)
        if told is None:
            return True
        async with self._db.begin() as tx:
            await self._add(tx, session, told)
        return told.final

    async def report(self, session: Session) -> Told | None:
        """What the provider says now; None where it has no report or no meeting. Raises ProviderError.

        Whoever was erased since the class is in it under the pseudonym.
        """
        provider = await self._connections.provider(session.connection_id)
        if provider.attendance_source is not AttendanceSource.PULL:
            return None
        async with self._db.read() as tx:
            meeting = await self._store.find(tx, session.id)
        if meeting is None or meeting.ref is None:
            return None
        try:
            with purpose(Purpose.REPORT), meters.provider_call(provider.card.key, "attendance"):
                async with asyncio.timeout(self._budget.total_seconds()):
                    report = await provider.attendance(meeting.ref, session.starts_at, session.ends_at)
        except TimeoutError as exc:
            raise ProviderUnavailable from exc
        told = _told(provider.card.key, report)
        return replace(told, rows=await self._erasures.told(session, told.rows))

    async def overwrite(self, tx: Tx, session: Session, told: Told) -> int:
        """Let this count instead of what was told before; says how many of those rows no longer count.

        What is partial, or empty and not final, proves nobody absent: it only adds.
        """
        if told.partial or not (told.rows or told.final):
            await self._add(tx, session, told)
            return 0
        return await rosters.overwrite(tx, session.id, told.source, told.rows, self._clock())

    async def _add(self, tx: Tx, session: Session, told: Told) -> None:
        await evidence.keep(tx, [Observation(session.id, row) for row in told.rows], self._clock())


def _told(source: str, report: AttendanceReport) -> Told:
    rows = tuple(row.evidence(source) for row in report.rows)
    return Told(source, rows, report.final, report.partial)
