"""Runs background work: a sweep puts what is due into the engine's queue, the engine hands it to us.

Several processes may run one engine each on one PostgreSQL; the queue holds every job once (its dedupe key),
and the claims of `services/jobs.py` keep apart what the queue does not.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import structlog
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.models import Job as Handed

from app.services.jobs import Job, Jobs
from app.services.upkeep import CHORES
from app.worker.queue import Queue, open_queue

log = structlog.get_logger()

SWEEP_SECONDS = 5.0
AT_MOST_EVERY = 0.1
BROKEN_SECONDS = 2.0
FAREWELL_SECONDS = 15.0
CLEAN_EVERY = 500  # sweeps: what the engine keeps of finished jobs is of no use here
FEW_AT_ONCE = {"attendance": 4, "expiry": 4, "health": 1, "retention": 1, "reconciliation": 1}
HEARTBEAT = timedelta(seconds=20)  # a job whose worker was silent for so long is handed out again


@asynccontextmanager
async def working(jobs: Jobs, database_url: str, concurrency: int) -> AsyncIterator["Engine"]:
    """Do background work while the block runs; what is in hand at its end is finished."""
    engine = Engine(jobs, database_url, concurrency)
    run = asyncio.create_task(engine.run())
    try:
        yield engine
    finally:
        engine.stop()
        await asyncio.wait((run,), timeout=2 * FAREWELL_SECONDS)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


class Engine:
    """Does at most `concurrency` jobs at once in this process."""

    def __init__(self, jobs: Jobs, database_url: str, concurrency: int) -> None:
        self._jobs, self._url = jobs, database_url
        self._concurrency = max(concurrency, 2)
        self._stopping = asyncio.Event()
        self._manager: QueueManager | None = None

    def stop(self) -> None:
        """Take up nothing new; `run` returns when the jobs in hand are done."""
        self._stopping.set()
        self._jobs.hasten()
        if self._manager is not None:
            self._manager.shutdown.set()

    async def run(self) -> None:
        """Work until told to stop; a database that goes away is waited for."""
        while not self._stopping.is_set():
            try:
                await self._jobs.ready(CHORES)
                async with open_queue(self._url) as (manager, queue):
                    self._manager = manager
                    if not self._stopping.is_set():  # told to stop before there was a manager to tell
                        await self._work(manager, queue)
            except Exception as exc:
                log.warning("background work interrupted", error=type(exc).__name__, exc_info=True)
                await asyncio.sleep(BROKEN_SECONDS)

    async def _work(self, manager: QueueManager, queue: Queue) -> None:
        for kind in self._jobs.kinds:
            manager.entrypoint(kind, concurrency_limit=FEW_AT_ONCE.get(kind, 0))(self._handler(kind))
        sweeping = asyncio.create_task(self._sweep_for_ever(manager, queue))
        try:
            await manager.run(
                batch_size=max(self._concurrency // 2, 1),
                max_concurrent_tasks=self._concurrency,
                dequeue_timeout=timedelta(seconds=SWEEP_SECONDS),
                heartbeat_timeout=HEARTBEAT,
                log_aggregation_interval=timedelta(0),
                shutdown_on_listener_failure=True,
            )
        finally:
            manager.shutdown.set()
            await asyncio.wait((sweeping,), timeout=FAREWELL_SECONDS)
            sweeping.cancel()

    def _handler(self, kind: str) -> Callable[[Handed], Awaitable[None]]:
        async def do(handed: Handed) -> None:
            await self._jobs.do(Job(kind, (handed.payload or b"").decode()))
            self._jobs.hasten()  # there may be more than one sweep takes

        return do

    async def _sweep_for_ever(self, manager: QueueManager, queue: Queue) -> None:
        sweeps = 0
        while not manager.shutdown.is_set():
            try:
                await self._fill(queue)
                sweeps += 1
                if sweeps % CLEAN_EVERY == 0:
                    await queue.clear_queue_log()
            except Exception as exc:
                log.warning("sweep failed", error=type(exc).__name__)
            await self._pause()

    async def _fill(self, queue: Queue) -> None:
        due = await self._jobs.due()
        if due:
            await queue.enqueue(
                [job.kind for job in due],
                [job.subject.encode() for job in due],
                [0] * len(due),
                dedupe_key=[f"{job.kind}:{job.subject}" for job in due],
                on_conflict="skip",
            )

    async def _pause(self) -> None:
        """Until the next round, or until something was hastened; processes do not keep step."""
        await asyncio.sleep(AT_MOST_EVERY)
        with suppress(TimeoutError):
            async with asyncio.timeout(SWEEP_SECONDS * random.uniform(0.8, 1.2)):  # noqa: S311
                await self._jobs.hastened.wait()
        self._jobs.hastened.clear()
