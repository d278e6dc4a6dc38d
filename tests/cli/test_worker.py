"""`vilt worker`, a process that can be killed; on PostgreSQL, with MS Lync's simulator on the other side."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from app.db import sessions
from app.db.tables import connections, meetings
from app.domain.clock import utc_now
from app.settings import Settings
from app.simulators.lync import DEFAULT_PASSWORD, DEFAULT_USER, LyncSimulator, Options
from app.wiring import House, open_house
from tests.cli.conftest import Vilt
from tests.conftest import SECRET, _of, _sql
from tests.services.conftest import draft

RUN = "from app.cli.main import run; run()"


@pytest.fixture
def simulator() -> Iterator[LyncSimulator]:
    with LyncSimulator(options=Options(seed=5, slow_seconds=60)) as running:
        yield running


@pytest.fixture
def database_url(postgres: str, migrated_postgres: str) -> Iterator[str]:
    """PostgreSQL only: it is there for several workers."""
    name = f"w{uuid4().hex}"
    _sql(postgres, f"CREATE DATABASE {name} TEMPLATE {migrated_postgres}")
    yield _of(postgres, name)
    _sql(postgres, f"DROP DATABASE {name} WITH (FORCE)")


class Worker:
    """One real process."""

    def __init__(self, settings: Settings, errors: Path) -> None:
        given = {
            "VILT_DATABASE_URL": settings.database_url,
            "VILT_SECRET_KEY": SECRET,
            "VILT_REQUEST_BUDGET_SECONDS": "1",
            "VILT_CLAIM_LEASE_SECONDS": "6",
            "VILT_ALLOW_PRIVATE_ENDPOINTS": "true",
            "VILT_PROVIDER_CA_FILE": settings.provider_ca_file,
        }
        command = [sys.executable, "-c", RUN, "worker", "--concurrency", "4"]
        self._errors = errors.open("ab")
        self.process = subprocess.Popen(
            command, env={**os.environ, **given}, stdout=self._errors, stderr=self._errors
        )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._errors.close()

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self._errors.close()
        return code


@pytest.fixture
def at_lync(database_url: str, simulator: LyncSimulator) -> Settings:
    return Settings(
        database_url=database_url,
        secret_key=SECRET,
        allow_private_endpoints=True,
        provider_ca_file=str(simulator.ca_path),
    )


async def connect(house: House, simulator: LyncSimulator) -> None:
    """Every connection leads to the simulator."""
    async with house.db.begin() as tx:
        for connection_id in list(await tx.scalars(select(connections.c.id))):
            sealed = house.connections.seal(connection_id, {"password": DEFAULT_PASSWORD})
            form = {"username": DEFAULT_USER, "api_endpoint": simulator.base_url}
            await tx.execute(
                update(connections)
                .where(connections.c.id == connection_id)
                .values(provider="lync", settings=form, sealed_secrets=sealed)
            )


async def want_sessions(settings: Settings, simulator: LyncSimulator, count: int) -> None:
    """What requests leave behind that were killed right after they had stored their intent."""
    async with open_house(settings) as house:
        client = await house.clients.add("lms")
        await connect(house, simulator)
        caller = await house.access.basic(client.client_id, client.client_secret, "127.0.0.1")
        for number in range(count):
            async with house.db.begin() as tx:
                await sessions.want(tx, caller, draft(f"Class {number}"), utc_now())


def pending(settings: Settings) -> list[UUID]:
    async def look() -> list[UUID]:
        async with open_house(settings) as house, house.db.read() as tx:
            query = select(meetings.c.session_id).where(meetings.c.next_try_at.is_not(None))
            return list(await tx.scalars(query))

    return asyncio.run(look())


def until(so: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def subjects(simulator: LyncSimulator) -> list[str]:
    ours = [one for one in simulator.meetings() if one["onlineMeetingRel"] == "myOnlineMeetings"]
    return sorted(one["subject"] for one in ours)


def test_a_worker_killed_in_the_middle_of_its_calls_is_taken_over_and_nothing_is_doubled(
    at_lync: Settings, simulator: LyncSimulator, tmp_path: Path
) -> None:
    asyncio.run(want_sessions(at_lync, simulator, 3))
    simulator.fault_on("slow", only="POST myOnlineMeetings")
    first = Worker(at_lync, tmp_path / "first.log")
    until(lambda: any("myOnlineMeetings" in r["path"] for r in simulator.requests() if r["method"] == "POST"))
    first.kill()
    simulator.fault_off()
    second = Worker(at_lync, tmp_path / "second.log")
    until(lambda: not pending(at_lync))
    assert second.end() == 0
    assert subjects(simulator) == ["Class 0", "Class 1", "Class 2"]


def test_two_workers_share_the_work_and_end_when_told(
    at_lync: Settings, simulator: LyncSimulator, tmp_path: Path
) -> None:
    asyncio.run(want_sessions(at_lync, simulator, 6))
    both = [Worker(at_lync, tmp_path / f"{number}.log") for number in range(2)]
    until(lambda: not pending(at_lync))
    assert [worker.end() for worker in both] == [0, 0]
    assert subjects(simulator) == [f"Class {number}" for number in range(6)]


def test_once_does_what_is_due_and_ends(vilt: Vilt) -> None:
    ended = vilt("worker", "--once")
    assert (ended.code, ended.out) == (0, "Done: 0.\n")


def test_what_is_not_parked_cannot_be_woken(vilt: Vilt) -> None:
    assert vilt("jobs", "parked", "--json").out == "[]\n"
    ended = vilt("jobs", "wake", "meeting", "00000000-0000-0000-0000-000000000000")
    assert (ended.code, "Nothing is parked" in ended.err) == (1, True)


def test_reconcile_says_what_it_compared(vilt: Vilt) -> None:
    vilt("clients", "add", "lms")
    ended = vilt("reconcile", "--dry-run", "--json")
    assert ended.code == 0
    assert '"error": ""' in ended.out
