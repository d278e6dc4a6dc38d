"""Who attended: evidence gathered, the connection's policy applied, one spelling per person given back."""

import asyncio
from datetime import timedelta

import structlog

from app.db import evidence, sessions
from app.db.database import Database
from app.db.evidence import Observation
from app.db.meetings import Meetings
from app.domain.attendance import Class, Decision, Evidence, Kind, judge
from app.domain.caller import Caller
from app.domain.clock import Clock
from app.domain.errors import ProviderError, SessionNotFound
from app.domain.session import Session
from app.providers.base import AttendanceSource, Provider
from app.services.connections import Connections
from app.telemetry import meters

log = structlog.get_logger()


class Attendance:
    """Evidence is never changed by asking; the decision is made anew each time."""

    def __init__(
        self, db: Database, store: Meetings, connections: Connections, clock: Clock, budget: timedelta
    ) -> None:
        self._db, self._store, self._connections = db, store, connections
        self._clock, self._budget = clock, budget

    async def attendees(self, caller: Caller, external_id: str) -> list[str]:
        """The addresses of those who attended, spelled as at launch. Raises SessionNotFound."""
        async with self._db.read() as tx:
            session = await sessions.find(tx, caller.tenant_id, external_id)
        if session is None:
            raise SessionNotFound
        return [decision.email for decision in await self.decisions(session) if decision.attended]

    async def decisions(self, session: Session) -> list[Decision]:
        """One decision with its reason for everybody of whom there is evidence."""
        provider = await self._connections.provider(session.connection_id)
        if provider.card.attendance is AttendanceSource.PULL:
            await self._fetch(provider, session)
        planned, policy = Class(session.starts_at, session.ends_at), provider.policy
        async with self._db.read() as tx:
            people = await evidence.summaries(tx, session.id, planned.widened(policy.grace), self._clock())
        return judge(people, policy, planned)

    async def _fetch(self, provider: Provider, session: Session) -> None:
        """Ask the provider for its report and keep it. Its silence hides nothing that is known already."""
        async with self._db.read() as tx:
            meeting = await self._store.find(tx, session.id)
        if meeting is None or meeting.ref is None:
            return
        try:
            with meters.provider_call(provider.card.key, "attendance"):
                async with asyncio.timeout(self._budget.total_seconds()):
                    report = await provider.attendance(meeting.ref, session.starts_at, session.ends_at)
        except (ProviderError, TimeoutError) as error:
            log.warning("attendance not fetched", meeting=str(meeting.id), error=type(error).__name__)
            return
        rows = [
            Evidence(row.email, Kind.PRESENT, row.joined_at, row.left_at, provider.card.key, row.instance)
            for row in report.rows
        ]
        async with self._db.begin() as tx:
            await evidence.keep(tx, [Observation(session.id, row) for row in rows], self._clock())
