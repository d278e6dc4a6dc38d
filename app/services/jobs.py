"""Background work: what is due, doing one piece of it, and setting aside what fails for ever.

The tables of this house are the truth: a meeting is due by its own row, everything else by a row of `jobs`.
An engine (app/worker) only hands out what `due` says; `do` claims it there, so that a job that is handed out
twice, or again after its worker was killed, is done once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from app.db import background, jobs, parking
from app.db.background import ParkedHere as ParkedHere
from app.db.database import UNREACHABLE, Database, Tx
from app.db.jobs import Claim, Parked
from app.db.meetings import Meetings
from app.db.parking import Again
from app.domain.actor import Actor
from app.domain.clock import Clock
from app.domain.errors import ConnectorError, NotFound
from app.domain.permissions import Scope
from app.services import deeds
from app.services.audit import Audit
from app.services.meetings import Converging
from app.telemetry import meters

log = structlog.get_logger()

Chore = Callable[[str, datetime], Awaitable[datetime | None]]
"""Does a job about `subject` at `now`; says when it is to be done again, None: never. Bounded in time."""

MEETING = "meeting"
LEASE = timedelta(minutes=5)  # a chore that takes longer is cut off and counts as failed
AT_ONCE = 50
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do: a kind, and what it is about (a session's id, or nothing)."""

    kind: str
    subject: str = ""


class Jobs:
    """Any number of processes may do jobs; claims in the database keep them apart."""

    def __init__(
        self,
        db: Database,
        store: Meetings,
        meetings: Converging,
        chores: Mapping[str, Chore],
        clock: Clock,
    ) -> None:
        self._db, self._store, self._meetings = db, store, meetings
        self._chores, self._clock, self._audit = chores, clock, Audit(db, clock)
        self.hastened = asyncio.Event()

    @property
    def kinds(self) -> tuple[str, ...]:
        return (MEETING, *self._chores)

    def hasten(self) -> None:
        """Something was changed that meetings have to follow: look now instead of at the next round."""
        self.hastened.set()

    async def ready(self, chores: Sequence[str]) -> None:
        """Make sure that what is done again and again has its row; called when a worker starts."""
        if not chores:
            return
        async with self._db.begin() as tx:
            await jobs.ensure(tx, chores, self._clock())

    async def due(self) -> list[Job]:
        """What is to be done now, longest waiting first; counts what is parked beside it."""
        now = self._clock()
        async with self._db.read() as tx:
            meetings = await self._store.due(tx, now, AT_ONCE)
            others = await jobs.due(tx, tuple(self._chores), now, AT_ONCE)
            parked = {MEETING: await parking.count_parked(tx), **await jobs.count_parked(tx)}
        for kind in self.kinds:
            meters.PARKED.labels(kind).set(parked.get(kind, 0))
        found = [Job(MEETING, str(session_id)) for session_id in meetings]
        return found + [Job(kind, subject) for kind, subject in others]

    async def do(self, job: Job) -> None:
        """Do it, whatever comes of it: what fails is written down to be tried later, or parked.

        Raises only when the database cannot be reached.
        """
        if job.kind == MEETING:
            await self._settle(job)
        elif (held := await self._claim(job)) is not None:
            await self._keep(held)

    async def sweep(self) -> int:
        """Do everything that is due, once, here. Says how much that was."""
        found = await self.due()
        for job in found:
            await self.do(job)
        return len(found)

    async def parked(self) -> list[Parked]:
        """What nobody tries any more, newest first."""
        async with self._db.read() as tx:
            found = await parking.parked(tx, SHOWN) + await jobs.parked(tx, SHOWN)
        return sorted(found, key=lambda one: one.since, reverse=True)

    async def wake(self, job: Job) -> bool:
        """Try a parked job again; False when it is not parked."""
        async with self._db.begin() as tx:
            return await self._wake(tx, job)

    async def parked_here(self, actor: Actor) -> list[ParkedHere]:
        """The same of the actor's tenant only. Needs edge-integrations:manage."""
        actor.require(Scope.EDGE_INTEGRATIONS_MANAGE)
        async with self._db.read() as tx:
            found = await background.parked_meetings(tx, actor.tenant_id, MEETING, SHOWN)
            found += await background.parked_jobs(tx, actor.tenant_id)
        return sorted(found, key=lambda one: one.since, reverse=True)[:SHOWN]

    async def wake_here(self, actor: Actor, job: Job) -> None:
        """Try a parked job of the actor's tenant again. Raises NotFound for what is not parked there."""
        actor.require(Scope.EDGE_INTEGRATIONS_MANAGE)
        async with self._db.begin() as tx:
            mine = await background.is_of(tx, actor.tenant_id, job.subject)
            if job.kind not in self.kinds or not mine or not await self._wake(tx, job):
                raise NotFound("Nothing of this kind is parked here (any more).")
            await self._audit.note(tx, actor, action="job.woken", subject=f"{job.kind}:{job.subject}")
        self.hasten()

    async def _wake(self, tx: Tx, job: Job) -> bool:
        if job.kind == MEETING:
            return await parking.wake(tx, UUID(job.subject), self._clock())
        return await jobs.wake(tx, job.kind, job.subject, self._clock())

    async def _settle(self, job: Job) -> None:
        """What failed at the provider is on record already; what failed before is written down here."""
        try:
            await self._meetings.settle(UUID(job.subject), in_background=True)
        except ConnectorError as error:
            log.warning("meeting still unsettled", session=job.subject, error=type(error).__name__)
        except UNREACHABLE:
            raise
        except Exception as error:
            await self._write_down(job, error)

    async def _write_down(self, job: Job, error: Exception) -> None:
        log.exception("meeting not settled", session=job.subject)
        async with self._db.begin() as tx:
            now = self._clock()
            tried = await parking.due_attempts(tx, UUID(job.subject), now)
            if tried is None:  # the call itself failed, and recorded it
                return
            again = Again(now, deeds.next_try(error, tried, now))
            await parking.fail(tx, UUID(job.subject), deeds.in_words(error), again)

    async def _claim(self, job: Job) -> Claim | None:
        async with self._db.begin() as tx:
            return await jobs.claim(tx, job.kind, job.subject, self._clock(), self._clock() + LEASE)

    async def _keep(self, held: Claim) -> None:
        try:
            async with asyncio.timeout(LEASE.total_seconds()):
                again_at = await self._chores[held.kind](held.subject, self._clock())
        except UNREACHABLE:
            raise
        except Exception as error:
            await self._failed(held, error)
            return
        meters.JOBS.labels(held.kind, "done").inc()
        async with self._db.begin() as tx:
            if again_at is None:
                await jobs.done(tx, held)
            else:
                await jobs.again(tx, held, again_at, self._clock())

    async def _failed(self, held: Claim, error: Exception) -> None:
        now = self._clock()
        again_at = deeds.next_try(error, held.attempts, now)
        words = deeds.in_words(error)
        meters.JOBS.labels(held.kind, words[0]).inc()
        log.warning(
            "job failed", kind=held.kind, subject=held.subject, error=words[0], parked=again_at is None
        )
        async with self._db.begin() as tx:
            await jobs.failed(tx, held, words, again_at, now)
