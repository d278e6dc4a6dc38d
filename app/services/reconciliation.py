"""Comparing what the provider has with what is wanted, and healing by rule.

Never is anything removed that was not made here: its marker must be a meeting row of this very database and
connection. Never does a meeting count as deleted after one look: the second comes some minutes later, and
asks for that one meeting by name. What has to be changed or made again is only made due: the loop does it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from app.db import connections, jobs, reconciliation
from app.db.connections import Connection
from app.db.database import Database
from app.db.meetings import Meetings
from app.db.reconciliation import Kept as Kept
from app.db.reconciliation import Known
from app.domain.clock import Clock
from app.domain.errors import ConnectorError
from app.domain.meeting import MeetingRef, MeetingState
from app.domain.reconciliation import Finding, Line, Report
from app.providers.base import Listed, Provider
from app.services.connections import Connections

log = structlog.get_logger()

KIND = "reconciliation"
DAILY = timedelta(days=1)
SECOND_LOOK = timedelta(minutes=5)
ASKED_ONE_BY_ONE = 100  # where a provider cannot list, the next classes are looked for by name


class Reconciliation:
    """`run` compares everything now; the chore does it daily, one connection at a time."""

    def __init__(self, db: Database, store: Meetings, work: Connections, clock: Clock) -> None:
        self._db, self._store, self._connections, self._clock = db, store, work, clock

    async def run(self, *, dry_run: bool = False) -> list[Report]:
        """Compare every active connection; `dry_run` changes and keeps nothing."""
        async with self._db.read() as tx:
            rows = await reconciliation.active(tx)
        return [await self.compare(row, dry_run=dry_run) for row in rows]

    async def reports(self, tenant_id: UUID) -> list[Kept]:
        """The last report of each of a portal's connections."""
        async with self._db.read() as tx:
            return await reconciliation.reports(tx, tenant_id)

    async def chore(self, subject: str, now: datetime) -> datetime | None:
        """Without a subject: make each active connection due, daily. With one: compare that connection."""
        if not subject:
            async with self._db.begin() as tx:
                named = [(KIND, str(row.id)) for row in await reconciliation.active(tx)]
                if named:
                    await jobs.plan(tx, named, now, now)
            return now + DAILY
        async with self._db.read() as tx:
            row = await connections.get(tx, UUID(subject))
        report = await self.compare(row)
        return now + SECOND_LOOK if report.needs_second_look else None

    async def compare(self, row: Connection, *, dry_run: bool = False) -> Report:
        """One connection. What the provider refuses to answer stands in the report."""
        try:
            provider = await self._connections.provider(row.id)
            report = await _Comparison(self._db, self._store, self._clock, row, provider, dry_run).run()
        except ConnectorError as error:
            report = Report(row.name, None, 0, error=error.message, dry_run=dry_run)
        if not dry_run:
            async with self._db.begin() as tx:
                await reconciliation.keep(tx, row, report.as_json(), self._clock())
        for line in report.lines:
            log.warning("reconciliation", connection=str(row.id), finding=line.finding, healed=line.healed)
        return report


class _Comparison:
    """One look at one connection."""

    def __init__(
        self,
        db: Database,
        store: Meetings,
        clock: Clock,
        row: Connection,
        provider: Provider,
        dry_run: bool,
    ) -> None:
        self._db, self._store, self._clock = db, store, clock
        self._row, self._provider, self._dry_run = row, provider, dry_run
        self._began = clock()

    async def run(self) -> Report:
        """The whole look. Raises what the provider raises: half a list proves nothing."""
        async with self._db.read() as tx:  # before the list: what is made meanwhile is not missed
            expected = await reconciliation.expected(tx, self._store, self._row.id, self._began)
        listed = await self._provider.list_ours()
        if listed is None:
            soonest = sorted(expected, key=lambda one: one.session.starts_at)[:ASKED_ONE_BY_ONE]
            lines = [line for one in soonest for line in await self._look_for(one)]
            return Report(self._row.name, None, len(soonest), tuple(lines), dry_run=self._dry_run)
        lines = await self._those_listed(listed)
        present = {one.marker for one in listed}
        for one in expected:
            if str(one.meeting.id) in present:
                await self._found(one)
            else:
                lines += await self._look_for(one)
        return Report(self._row.name, len(listed), len(expected), tuple(lines), dry_run=self._dry_run)

    async def _those_listed(self, listed: Sequence[Listed]) -> list[Line]:
        markers = {marker for one in listed if (marker := _as_uuid(one.marker)) is not None}
        async with self._db.read() as tx:
            rows = await reconciliation.known(tx, self._store, self._row.id, markers)
        ours = {str(row.meeting.id): row for row in rows}
        names = {_name(one.ref) for one in listed}
        return [line for one in listed for line in await self._judge(one, ours, names)]

    async def _judge(self, one: Listed, ours: Mapping[str, Known], names: Collection[str]) -> list[Line]:
        row = ours.get(one.marker)
        if row is None:
            return [Line(Finding.UNKNOWN, one.ref.provider_id, detail="Not made here: left alone.")]
        if row.changed_at >= self._began or row.meeting.next_try_at is not None:
            return []  # somebody is at it
        line = Line(Finding.ORPHAN, one.ref.provider_id, row.session.external_id)
        if row.meeting.state is MeetingState.CANCELLED:
            return [await self._remove(line, one)]
        if _is_second(row, one, names):
            return [await self._remove(replace(line, finding=Finding.DUPLICATE), one)]
        return await self._as_wanted(row, one, line)

    async def _as_wanted(self, row: Known, one: Listed, line: Line) -> list[Line]:
        if row.session.ends_at <= self._began or row.meeting.state is not MeetingState.LIVE:
            return []
        async with self._db.read() as tx:
            spec = await reconciliation.spec(tx, row.session)
        differing = self._provider.differences(one, spec)
        if not differing:
            return []
        healed = await self._doubt(row, MeetingState.LIVE)
        return [replace(line, finding=Finding.DIFFERS, detail=", ".join(differing), healed=healed)]

    async def _remove(self, line: Line, one: Listed) -> Line:
        if self._dry_run:
            return line
        try:
            await self._provider.cancel(one.ref)
        except ConnectorError as error:
            return replace(line, detail=error.message)
        return replace(line, healed=True)

    async def _look_for(self, one: Known) -> list[Line]:
        """Ask for this one meeting by name: a list may be late, or its marker was edited away."""
        if await self._provider.find(str(one.meeting.id), one.meeting.ref) is not None:
            await self._found(one)
            return []
        ref = one.meeting.ref
        line = Line(Finding.MISSING, ref.provider_id if ref else "", one.session.external_id)
        if one.missed_at is None or one.missed_at > self._began - SECOND_LOOK:
            await self._miss(one, one.missed_at or self._began)
            return [line]
        healed = await self._doubt(one, MeetingState.UNCERTAIN)
        return [replace(line, finding=Finding.GONE, detail="It will be made again.", healed=healed)]

    async def _found(self, one: Known) -> None:
        if one.missed_at is not None:
            await self._miss(one, None)

    async def _miss(self, one: Known, at: datetime | None) -> None:
        if not self._dry_run:
            async with self._db.begin() as tx:
                await reconciliation.miss(tx, one.meeting.id, at)

    async def _doubt(self, one: Known, state: MeetingState) -> bool:
        if self._dry_run:
            return False
        async with self._db.begin() as tx:
            return await reconciliation.doubt(tx, one, state, self._clock())


def _is_second(row: Known, one: Listed, names: Collection[str]) -> bool:
    """Whether the meeting that people are sent to is there, and this is another one."""
    ref = row.meeting.ref
    return ref is not None and _name(ref) in names and _name(ref) != _name(one.ref)


def _name(ref: MeetingRef) -> str:
    return ref.provider_id.casefold()


def _as_uuid(marker: str) -> UUID | None:
    try:
        return UUID(marker)
    except ValueError:
        return None
