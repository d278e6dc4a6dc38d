"""A rolling update: old and new version as processes of their own, one PostgreSQL, an LMS all the time.

The new version is a copy of this tree with one migration more and code that uses it. The LMS knows no
version: it calls whoever serves, and sends one call in seven to all of them at once.
"""

import asyncio
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx
import pytest

from app.db import schema
from tests.faults.lms import Lms
from tests.faults.scene import TREE, Process, Scene, free_port, wait_until_ready
from tests.faults.storm import Verdict, judge, wait_for_quiet

MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{down}"
serves_since = "{since}"

def upgrade():
    op.{upgrade}

def downgrade():
    pass
"""
ADDED = 'add_column("sessions", sa.Column("made_by_new", sa.Text(), nullable=True))'
TAKEN = 'drop_column("sessions", "made_by_new")'
USED = '\nsessions.append_column(Column("made_by_new", Text, default="yes"))\n'


@dataclass(frozen=True)
class Release:
    """A tree with the migration `revision` more than this one."""

    tree: Path
    revision: str

    def migrate(self, scene: Scene) -> None:
        done = scene.process("migrate", tree=self.tree)
        done.start()
        assert done.running is not None
        assert done.running.wait(timeout=60) == 0, done.log.read_text()


def release(folder: Path, revision: str, down: str, *, since: str, upgrade: str) -> Path:
    """Copy the tree and add a migration to it."""
    before = folder / down if (folder / down).exists() else TREE
    made = folder / revision
    for part in ("app", "migrations", "openapi", "tests"):
        shutil.copytree(before / part, made / part, ignore=shutil.ignore_patterns("__pycache__"))
    text = MIGRATION.format(revision=revision, down=down, since=since, upgrade=upgrade)
    (made / "migrations" / "versions" / f"{revision}_next.py").write_text(text)
    return made


@asynccontextmanager
async def calling(lms: Lms) -> AsyncIterator[None]:
    """The LMS plays one story after the other while the block runs; then it finishes the last ones."""
    ending = asyncio.Event()

    async def play() -> None:
        while not ending.is_set():
            await lms.play(3, at_once=3)

    playing = asyncio.create_task(play())
    try:
        yield
    finally:
        ending.set()
        await playing


async def some_calls(lms: Lms, count: int = 25) -> None:
    """Until the LMS has heard so many more answers."""
    goal, deadline = lms.answers + count, time.monotonic() + 60
    while lms.answers < goal:
        assert time.monotonic() < deadline, "the LMS came no further"
        await asyncio.sleep(0.05)


async def retire(lms: Lms, process: Process, port: int) -> None:
    """As an orchestrator does: no new calls, then SIGTERM."""
    lms.ports.remove(port)
    await asyncio.sleep(0.5)
    await asyncio.to_thread(process.stop)


def readiness(port: int) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5)


@pytest.mark.timeout(240)
async def test_old_and_new_version_serve_side_by_side(tmp_path: Path) -> None:
    mine = schema.needed()
    new = Release(release(tmp_path, "9001", mine, since=mine, upgrade=ADDED), "9001")
    tables = new.tree / "app" / "db" / "tables" / "classes.py"
    tables.write_text(tables.read_text() + USED)
    async with Scene() as scene:
        first, second = scene.ports
        lms = Lms([first, second], scene.auth, Random(7))
        async with calling(lms):
            await some_calls(lms)
            await asyncio.to_thread(new.migrate, scene)
            await some_calls(lms)
            assert [readiness(port).status_code for port in (first, second)] == [200, 200]
            await _old_starts_again(scene, lms)
            third = await _new_joins(scene, lms, new)
            await some_calls(lms, 60)
            assert [readiness(port).status_code for port in (first, second, third)] == [200, 200, 200]
            await retire(lms, scene.apis[0], first)
            await retire(lms, scene.apis[1], second)
            await some_calls(lms)
        unsettled = await wait_for_quiet(scene, ports=(third,))
        verdict = Verdict(str(lms), not_enveloped=lms.broken, unsettled=unsettled)
        await judge(scene, lms, verdict)
        rows = await scene.postgres.fetch("SELECT count(*) AS n, count(made_by_new) AS new FROM sessions")
        assert verdict.holds, str(verdict)
        assert (lms.refused, lms.lost) == (0, 0)
        assert 0 < rows[0]["new"] < rows[0]["n"], "both versions made sessions"


async def _old_starts_again(scene: Scene, lms: Lms) -> None:
    """A node dies in the middle of the rollout: the old version has to start on the newer schema."""
    await retire(lms, scene.apis[1], scene.ports[1])
    scene.apis[1].start()
    await asyncio.to_thread(wait_until_ready, scene.ports[1])
    lms.ports.append(scene.ports[1])


async def _new_joins(scene: Scene, lms: Lms, new: Release) -> int:
    port = free_port()
    scene.others.append(scene.process("serve", "--port", str(port), tree=new.tree))
    scene.others.append(scene.process("worker", "--concurrency", "4", tree=new.tree))
    for process in scene.others:
        process.start()
    await asyncio.to_thread(wait_until_ready, port)
    lms.ports.append(port)
    return port


@pytest.mark.timeout(120)
async def test_after_a_step_that_takes_something_away_the_old_version_refuses(tmp_path: Path) -> None:
    mine = schema.needed()
    release(tmp_path, "9001", mine, since=mine, upgrade=ADDED)
    later = Release(release(tmp_path, "9002", "9001", since="9001", upgrade=TAKEN), "9002")
    async with Scene() as scene:
        await asyncio.to_thread(later.migrate, scene)
        said = f"The database has schema 9002, too new for this version ({mine}). Run the newer version."
        answer = readiness(scene.ports[0])
        assert (answer.status_code, answer.json()["reason"]) == (503, said)
        commands = ("serve", "--port", str(free_port())), ("worker", "--concurrency", "2"), ("migrate",)
        refusing = [scene.process(*words) for words in commands]
        for process in refusing:
            process.log.unlink(missing_ok=True)  # what an earlier one of that name said
            process.start()
        assert [_ended(process) for process in refusing] == [(1, said)] * len(commands)


def _ended(process: Process) -> tuple[int, str]:
    """How a process ends that refuses to start: exit code, and all that it said."""
    assert process.running is not None
    try:
        return process.running.wait(timeout=60), process.log.read_text().strip()
    except subprocess.TimeoutExpired:
        process.stop()
        raise
