"""The engine itself: it outlives its database connection, keeps nothing, and ends when told."""

import asyncio
import time
from datetime import datetime

import pytest
from sqlalchemy import text

from app.db import jobs as job_rows
from app.db.database import Database
from app.domain.clock import utc_now
from app.services.jobs import Jobs
from app.wiring import House
from app.worker import engine as engine_module
from app.worker import working
from app.worker.queue import open_queue


class Noting:
    """A chore that remembers what it was handed."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.pause = 0.0

    async def __call__(self, subject: str, _now: datetime) -> None:
        await asyncio.sleep(self.pause)
        self.seen.append(subject)


@pytest.fixture
def noting() -> Noting:
    return Noting()


@pytest.fixture
def jobs(house: House, noting: Noting, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    monkeypatch.setattr(engine_module, "CHORES", ())
    monkeypatch.setattr(engine_module, "BROKEN_SECONDS", 0.2)
    return Jobs(house.db, house.jobs._store, house.meetings, {"note": noting}, utc_now)


async def plan(db: Database, jobs: Jobs, *subjects: str) -> None:
    async with db.begin() as tx:
        await job_rows.plan(tx, [("note", subject) for subject in subjects], utc_now(), utc_now())
    jobs.hasten()


async def until(noting: Noting, count: int) -> None:
    async with asyncio.timeout(30):
        while len(noting.seen) < count:
            await asyncio.sleep(0.05)


async def test_many_jobs_are_done_once_each(
    house: House, jobs: Jobs, noting: Noting, database_url: str
) -> None:
    async with working(jobs, database_url, 10):
        await plan(house.db, jobs, *(str(number) for number in range(120)))
        await until(noting, 120)
    assert sorted(noting.seen, key=int) == [str(number) for number in range(120)]


async def test_a_connection_that_breaks_is_opened_again(
    house: House, jobs: Jobs, noting: Noting, database_url: str
) -> None:
    if house.db.dialect == "sqlite":
        pytest.skip("in memory there is no connection")
    async with working(jobs, database_url, 4):
        await plan(house.db, jobs, "before")
        await until(noting, 1)
        kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vilt worker'"
        async with house.db.read() as tx:
            assert (await tx.execute(text(kill + " AND datname = current_database()"))).rowcount
        await plan(house.db, jobs, "after")
        await until(noting, 2)
    assert noting.seen == ["before", "after"]


async def test_told_to_stop_it_finishes_what_it_has_in_hand(
    house: House, jobs: Jobs, noting: Noting, database_url: str
) -> None:
    noting.pause = 1.0
    async with working(jobs, database_url, 4):
        await plan(house.db, jobs, "one")
        await asyncio.sleep(0.7)
        began = time.monotonic()
    assert noting.seen == ["one"]
    assert time.monotonic() - began < 10


async def test_the_queue_keeps_nothing_of_what_is_done(
    house: House, jobs: Jobs, noting: Noting, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "CLEAN_EVERY", 1)
    async with working(jobs, database_url, 4):
        await plan(house.db, jobs, "one", "two")
        await until(noting, 2)
        await asyncio.sleep(0.5)
        jobs.hasten()
        await asyncio.sleep(0.5)
    if house.db.dialect == "postgresql":
        async with house.db.read() as tx:
            assert await tx.scalar(text("SELECT count(*) FROM vilt_jobs.pgqueuer")) == 0
            assert (await tx.scalar(text("SELECT count(*) FROM vilt_jobs.pgqueuer_log")) or 0) <= 4


async def test_the_environment_does_not_rename_its_tables(
    database_url: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGQUEUER_PREFIX", "other_")
    async with open_queue(database_url) as (manager, _queue):
        await manager.verify_structure()
