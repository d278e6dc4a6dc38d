"""Bringing the provider to what is wanted: reserve → call → record, until both agree.

Create, update, cancel, retry and repair are the same loop. The reservation is a claim in the database with a
lease that outlives the call; whoever holds no claim waits for the one who does. A claim that was abandoned in
the middle leaves the meeting UNCERTAIN, and an uncertain meeting is looked for before it is asked for again.

Whoever waits has a budget; the call has not. It goes on in a task of its own, and what it came to is recorded
when it comes, so that nothing that is known gets lost because somebody stopped listening.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from app.db import sessions, stories
from app.db.database import Database
from app.db.meetings import Lease, Meetings
from app.domain import errors
from app.domain.clock import Clock
from app.domain.deeds import Held, Idle, Outcome, Settled, Work
from app.domain.errors import Busy, OutcomeUnknown, ProviderError
from app.domain.session import Session
from app.providers.purpose import how_soon, purpose
from app.services import deeds
from app.services.connections import Connections
from app.telemetry import meters
from app.telemetry.logs import correlation_id

log = structlog.get_logger()

LOOK_AGAIN = 0.05
BACKGROUND_PATIENCE = timedelta(seconds=60)  # nobody waits there but a place among the workers
LAST_WORD_SECONDS = 1.0  # a call ends this long before its lease, so that its outcome still counts
FAREWELL_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one caller waits for the provider, and how long a claim outlives its maker."""

    budget: timedelta
    lease: timedelta


@dataclass(frozen=True, slots=True)
class Standing:
    """How the meeting of a session stands, for people. `settled`: the provider has what is wanted.

    `pending_since`: since when it has not; `next_try_at`: None while settled or parked.
    """

    wanted: str
    state: str
    settled: bool
    attempts: int
    last_error: str
    last_error_kind: str
    pending_since: datetime | None
    last_tried_at: datetime | None
    next_try_at: datetime | None
    parked_at: datetime | None
    expired: bool


class Converging:
    """The one place that lets a provider know of a meeting."""

    def __init__(
        self, db: Database, store: Meetings, connections: Connections, clock: Clock, patience: Patience
    ) -> None:
        self._db, self._store, self._connections = db, store, connections
        self._clock, self._patience = clock, patience
        self._calls: set[asyncio.Task[None]] = set()

    async def settle(self, session_id: UUID, *, in_background: bool = False) -> None:
        """Return when the provider has what is wanted. A request has its budget for that, background work
        has longer. Raises the provider's error; Busy when the time ends: the call goes on."""
        wait = BACKGROUND_PATIENCE if in_background else self._patience.budget
        deadline = asyncio.get_running_loop().time() + wait.total_seconds()
        since: int | None = None
        while True:
            async with self._db.begin() as tx:
                now = self._clock()
                lease = Lease(now + self._patience.lease, in_background)
                step = await self._store.claim(tx, session_id, now, lease, since)
            match step:
                case Settled():
                    return
                case Idle(meeting):
                    raise _as_raised(meeting.last_error_kind, meeting.last_error)
                case Held(meeting):
                    since = meeting.attempts if since is None else since
                    await self._wait_while_held(session_id, deadline)
                case Work():
                    await self._listen(self._begin(step), deadline)

    async def _wait_while_held(self, session_id: UUID, deadline: float) -> None:
        """Looks only read: twenty who wait must not take turns at the writer with the one who works."""
        while asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(LOOK_AGAIN)
            async with self._db.read() as tx:
                if not await self._store.is_held(tx, session_id, self._clock()):
                    return
        raise Busy

    async def standing(self, session: Session) -> Standing | None:
        """How it stands; None when there is no meeting (any more)."""
        async with self._db.read() as tx:
            meeting = await self._store.find(tx, session.id)
            wanted = await sessions.get(tx, session.id)
        if meeting is None:
            return None
        return Standing(
            wanted=wanted.state,
            state=meeting.state,
            settled=meeting.pending_since is None and meeting.synced_revision == wanted.revision,
            attempts=meeting.attempts,
            last_error=meeting.last_error,
            last_error_kind=meeting.last_error_kind,
            pending_since=meeting.pending_since,
            last_tried_at=meeting.last_tried_at,
            next_try_at=meeting.next_try_at,
            parked_at=meeting.parked_at,
            expired=meeting.expired,
        )

    async def finish(self) -> None:
        """Let the calls that are under way end; what takes too long is found again after its lease."""
        if self._calls:
            await asyncio.wait(self._calls, timeout=FAREWELL_SECONDS)
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    def _begin(self, work: Work) -> asyncio.Task[None]:
        call = asyncio.create_task(self._do(work))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        call.add_done_callback(_heard)
        return call

    async def _listen(self, call: asyncio.Task[None], deadline: float) -> None:
        """Wait for a call as long as there is time; its error is raised here, or else only recorded."""
        left = deadline - asyncio.get_running_loop().time()
        await asyncio.wait((call,), timeout=max(left, 0))
        if not call.done():
            raise Busy
        call.result()

    async def _do(self, work: Work) -> None:
        error: Exception | None = None
        try:
            async with asyncio.timeout(self._patience.lease.total_seconds() - LAST_WORD_SECONDS):
                outcome = await self._ask(work)
        except TimeoutError as exc:
            error = OutcomeUnknown().with_traceback(None)
            error.__cause__ = exc
        except Exception as exc:
            error = exc
        if error is not None:
            outcome = deeds.failure(work, error, self._clock())
        async with self._db.begin() as tx:
            now = self._clock()
            recorded = await self._store.record(tx, work, outcome, now)
            await stories.tried(tx, work, outcome, correlation_id(), now)
        _tell(work, outcome, recorded)
        if error is not None:
            raise error

    async def _ask(self, work: Work) -> Outcome:
        provider = await self._connections.provider(work.meeting.connection_id)
        urgency = how_soon(work.spec.starts_at, self._clock())
        with purpose(urgency), meters.provider_call(provider.card.key, work.deed):
            return await deeds.do(provider, work)


def _tell(work: Work, outcome: Outcome, recorded: bool) -> None:
    what = outcome.error_kind or "done"
    meters.MEETINGS.labels(work.deed, what).inc()
    log.info("meeting", deed=work.deed, meeting=str(work.meeting.id), outcome=what, recorded=recorded)
    if outcome.parked:
        log.error("meeting parked", meeting=str(work.meeting.id), error=what)


def _heard(call: asyncio.Task[None]) -> None:
    """The outcome stands in the database; asyncio only has to know that somebody looked."""
    if not call.cancelled():
        call.exception()


def _as_raised(kind: str, message: str) -> ProviderError:
    """The error that another caller met, for those who waited for it."""
    known = getattr(errors, kind, ProviderError)
    return known(message) if isinstance(known, type) and issubclass(known, ProviderError) else ProviderError()
