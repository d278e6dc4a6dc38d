"""Live rosters: classes that are on are followed at providers that tell who is there only while it lasts.

One watcher per class over all processes: a lease in the database, renewed while it watches. Whoever dies is
taken over when the lease ends; what nobody saw meanwhile makes the class partial.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import structlog

from app.db import evidence, sessions, watches
from app.db.database import UNREACHABLE, Database
from app.db.evidence import Observation
from app.db.meetings import Meetings
from app.db.watches import Held, Margin, On
from app.domain.clock import Clock
from app.domain.session import SessionState
from app.providers.base import AttendanceSource, PresenceRow, Provider
from app.providers.purpose import Purpose, purpose
from app.services.connections import Connections

log = structlog.get_logger()

MARGIN = Margin(before=timedelta(minutes=10), after=timedelta(minutes=10))
# At the end the provider comes first: what it says last is lost when it is stopped.
OVER = Margin(before=MARGIN.before, after=MARGIN.after + timedelta(minutes=1))
LEASE = timedelta(seconds=60)
RENEW_SECONDS = 20.0
REST = timedelta(seconds=60)  # after a watch that ended before the class did
LATE = timedelta(minutes=1)  # whoever begins later than that has missed something
FAREWELL_SECONDS = 10.0
AT_ONCE = 50  # each one holds a connection to the provider


class Watches:
    """Follows classes in this process; `look` begins what nobody follows, `stop` lets go of all."""

    def __init__(self, db: Database, store: Meetings, connections: Connections, clock: Clock) -> None:
        self._db, self._store, self._connections, self._clock = db, store, connections, clock
        self._live: dict[UUID, tuple[int, bool]] = {}
        self._running: dict[UUID, asyncio.Task[None]] = {}

    async def look(self) -> int:
        """Begin to watch what is on and unwatched; says how many classes this process follows."""
        async with self._db.begin() as tx:
            await watches.end_abandoned(tx, self._clock())
        room, live = AT_ONCE - len(self._running), await self._live_connections()
        if room > 0 and live:
            async with self._db.read() as tx:
                found = await watches.due(tx, live, MARGIN, self._clock(), room)
            for on in found:
                if on.session_id not in self._running:
                    await self._begin(on)
        return len(self._running)

    async def stop(self) -> None:
        """Leave every class; another process may take them over at once."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _live_connections(self) -> list[UUID]:
        """Active connections on which presence must be watched. Settings are read anew when they change."""
        async with self._db.read() as tx:
            active = await watches.active(tx)
        for connection_id, revision in active:
            if self._live.get(connection_id, (None,))[0] != revision:
                self._live[connection_id] = (revision, await self._is_live(connection_id))
        return [connection_id for connection_id, _ in active if self._live[connection_id][1]]

    async def _is_live(self, connection_id: UUID) -> bool:
        try:
            provider = await self._connections.provider(connection_id)
        except UNREACHABLE:
            raise
        except Exception as exc:  # its folder is gone, its secrets cannot be opened: no reason to stop others
            log.warning("connection not watched", connection=str(connection_id), error=type(exc).__name__)
            return False
        return provider.attendance_source is AttendanceSource.LIVE

    async def _begin(self, on: On) -> None:
        provider = await self._connections.provider(on.connection_id)
        now = self._clock()
        async with self._db.begin() as tx:
            late = now > on.starts_at + LATE
            held = await watches.claim(tx, on, provider.card.key, now, now + LEASE, late=late)
        if held is not None:
            task = asyncio.create_task(self._follow(on, held, provider))
            self._running[on.session_id] = task
            task.add_done_callback(lambda _done: self._running.pop(on.session_id, None))

    async def _follow(self, on: On, held: Held, provider: Provider) -> None:
        watching = asyncio.create_task(self._watch(on, held, provider))
        try:
            await self._stay(on, held, watching)
        finally:
            watching.cancel()
            done, _ = await asyncio.wait((watching,), timeout=FAREWELL_SECONDS)
            whole = watching.result() if done and not watching.cancelled() else None
            try:
                await self._let_go(on, held, whole)
            except UNREACHABLE as exc:  # the lease ends by itself
                log.warning("live roster not let go", session=str(on.session_id), error=type(exc).__name__)

    async def _watch(self, on: On, held: Held, provider: Provider) -> bool:
        """Ask the provider until the class is over; says whether nothing was missed."""

        async def tell(row: PresenceRow) -> None:
            await self._keep(on, held, provider.card.key, row)

        try:
            async with self._db.read() as tx:
                meeting = await self._store.find(tx, on.session_id)
            if meeting is None or meeting.ref is None:
                return False
            with purpose(Purpose.SOON):
                report = await provider.watch(meeting.ref, on.ends_at + MARGIN.after, tell)
        except Exception as exc:
            log.warning("live roster broke", session=str(on.session_id), error=type(exc).__name__)
            return False
        return not report.partial

    async def _stay(self, on: On, held: Held, watching: asyncio.Task[bool]) -> None:
        """Renew the lease until the watch ends, the class is another than it was, or the lease is lost."""
        while not (await asyncio.wait((watching,), timeout=RENEW_SECONDS))[0]:
            try:
                now = self._clock()
                async with self._db.begin() as tx:
                    ours = await watches.renew(tx, held, now, now + LEASE)
                    same = await watches.find_on(tx, on.session_id, OVER, now) == on
            except UNREACHABLE:  # it may be back before the lease ends
                continue
            if not (ours and same):
                return

    async def _let_go(self, on: On, held: Held, whole: bool | None) -> None:
        """`whole`: what the provider said at its end; None: it was stopped, and another may go on at once."""
        now = self._clock()
        async with self._db.begin() as tx:
            session = await sessions.get(tx, on.session_id)
            is_on = session.state is SessionState.SCHEDULED and session.starts_at <= now < session.ends_at
            if is_on or whole is False:
                await watches.miss(tx, held)
            await watches.release(tx, held, now if whole is None else now + REST)

    async def _keep(self, on: On, held: Held, source: str, row: PresenceRow) -> None:
        """Nothing is kept of a watcher that was taken over: its stays were ended for it."""
        async with self._db.begin() as tx:
            if not await watches.hold(tx, held):
                return
            name = _without_scheme(row.email)
            email = await watches.email_of(tx, on.connection_id, name) or name
            seen = replace(row, email=email).evidence(source)
            await evidence.keep(tx, [Observation(on.session_id, seen)], self._clock())


def _without_scheme(name: str) -> str:
    return name[4:] if name[:4].lower() == "sip:" else name
