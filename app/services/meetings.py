"""Bringing the provider to what is wanted: reserve → call → record, until both agree.

Create, update, cancel, retry and repair are the same loop. The reservation is a claim in the database with a
lease that outlives the call; whoever holds no claim waits for the one who does. A claim that was abandoned in
the middle leaves the meeting UNCERTAIN, and an uncertain meeting is looked for before it is asked for again.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from app.db.database import Database
from app.db.meetings import Deed, Held, Idle, Meetings, Outcome, Settled, Work
from app.domain import errors
from app.domain.clock import Clock
from app.domain.errors import (
    AccountBroken,
    Busy,
    MeetingGone,
    OutcomeUnknown,
    ProviderError,
    ProviderUnavailable,
)
from app.domain.meeting import MeetingState
from app.providers.base import Provider, ProviderMeeting
from app.services.connections import Connections
from app.telemetry import meters

log = structlog.get_logger()

LOOK_AGAIN = 0.05
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one caller waits for the provider, and how long a claim outlives its maker."""

    budget: timedelta
    lease: timedelta


class Converging:
    """The one place that lets a provider know of a meeting."""

    def __init__(
        self, db: Database, store: Meetings, connections: Connections, clock: Clock, patience: Patience
    ) -> None:
        self._db, self._store, self._connections = db, store, connections
        self._clock, self._patience = clock, patience

    async def settle(self, session_id: UUID) -> None:
        """Return when the provider has what is wanted. Raises the provider's error; Busy when time ends."""
        deadline = asyncio.get_running_loop().time() + self._patience.budget.total_seconds()
        since: int | None = None
        while True:
            async with self._db.begin() as tx:
                step = await self._store.claim(tx, session_id, self._clock(), self._patience.lease, since)
            match step:
                case Settled():
                    return
                case Idle(meeting):
                    raise _as_raised(meeting.last_error_kind, meeting.last_error)
                case Held(meeting):
                    since = meeting.attempts if since is None else since
                    if asyncio.get_running_loop().time() >= deadline:
                        raise Busy
                    await asyncio.sleep(LOOK_AGAIN)
                case Work():
                    await self._do(step, deadline)

    async def _do(self, work: Work, deadline: float) -> None:
        error: Exception | None = None
        try:
            async with asyncio.timeout_at(deadline):
                outcome = await self._perform(work)
        except TimeoutError as exc:
            error = OutcomeUnknown().with_traceback(None)
            error.__cause__ = exc
        except Exception as exc:
            error = exc
        if error is not None:
            outcome = _failure(work, error, self._clock())
        async with self._db.begin() as tx:
            recorded = await self._store.record(tx, work, outcome, self._clock())
        log.info(
            "meeting",
            deed=work.deed,
            meeting=str(work.meeting.id),
            outcome=outcome.error_kind or "done",
            recorded=recorded,
        )
        meters.MEETINGS.labels(work.deed, outcome.error_kind or "done").inc()
        if error is not None:
            raise error

    async def _perform(self, work: Work) -> Outcome:
        provider = await self._connections.provider(work.meeting.connection_id)
        with meters.provider_call(provider.card.key, work.deed):
            return await self._ask(provider, work)

    async def _ask(self, provider: Provider, work: Work) -> Outcome:
        match work.deed:
            case Deed.CREATE:
                return _live(await provider.create(work.spec, _marker(work)))
            case Deed.FIND_OR_CREATE:
                return _live(await self._find_or_create(provider, work))
            case Deed.UPDATE:
                return await self._update(provider, work)
            case Deed.CANCEL:
                if work.meeting.ref is not None:
                    await provider.cancel(work.meeting.ref)
            case Deed.FIND_AND_CANCEL:
                found = await provider.find(_marker(work), work.meeting.ref)
                if found is not None:
                    await provider.cancel(found.ref)
        return Outcome(MeetingState.CANCELLED)

    async def _find_or_create(self, provider: Provider, work: Work) -> ProviderMeeting:
        found = await provider.find(_marker(work), work.meeting.ref)
        if found is None:
            return await provider.create(work.spec, _marker(work))
        return await provider.update(found.ref, work.spec, _marker(work))

    async def _update(self, provider: Provider, work: Work) -> Outcome:
        assert work.meeting.ref is not None, "a live meeting is known by its reference"
        try:
            return _live(await provider.update(work.meeting.ref, work.spec, _marker(work)))
        except MeetingGone:  # one answer is no proof: look a second time before it counts as deleted
            return _live(await self._find_or_create(provider, work))


def _marker(work: Work) -> str:
    return str(work.meeting.id)


def _live(meeting: ProviderMeeting) -> Outcome:
    for downgrade in meeting.downgrades:
        log.warning("meeting downgraded", detail=downgrade)
    return Outcome(MeetingState.LIVE, meeting.ref)


def _failure(work: Work, error: Exception, now: datetime) -> Outcome:
    """What is known after `error`. Only a refused first CREATE is sure to have left nothing behind."""
    if (
        work.deed is Deed.CREATE
        and isinstance(error, ProviderError)
        and not isinstance(error, OutcomeUnknown)
    ):
        state = MeetingState.WANTED
    elif work.deed in (Deed.UPDATE, Deed.CANCEL):
        state = MeetingState.LIVE
    else:
        state = MeetingState.UNCERTAIN
    message = error.message if isinstance(error, ProviderError) else ProviderError.default
    return Outcome(
        state, error=message, error_kind=type(error).__name__, next_try_at=now + _pause(work, error)
    )


def _pause(work: Work, error: Exception) -> timedelta:
    """Doubling, up to an hour; a broken account is left alone for an hour at once (accounts lock)."""
    if isinstance(error, AccountBroken):
        return LONGEST_PAUSE
    asked = (
        error.retry_after if isinstance(error, ProviderUnavailable) and error.retry_after else timedelta(0)
    )
    doubled = FIRST_PAUSE * (1 << min(work.meeting.attempts, 8))
    return min(max(doubled, asked), LONGEST_PAUSE)


def _as_raised(kind: str, message: str) -> ProviderError:
    """The error that another caller met, for those who waited for it."""
    known = getattr(errors, kind, ProviderError)
    return known(message) if isinstance(known, type) and issubclass(known, ProviderError) else ProviderError()
