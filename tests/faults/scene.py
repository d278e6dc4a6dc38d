"""The scene: PostgreSQL, the simulator, two API processes and a worker, each of which may be struck."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from app.domain.actor import commanding
from app.settings import Settings
from app.simulators.lync import DEFAULT_PASSWORD, LyncSimulator
from app.wiring import open_house
from tests.faults.postgres import Postgres

SECRET = "the storm's own secret text, long enough"
TREE = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Process:
    """One process of the code in `tree` that can be killed and comes back. Its output goes to a file."""

    args: list[str]
    env: dict[str, str]
    log: Path
    clock: Path
    tree: Path = TREE
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", *self.args]
        with self.log.open("ab") as out:
            self.running = subprocess.Popen(command, cwd=self.tree, env=self.env, stdout=out, stderr=out)

    def kill(self) -> None:
        """kill -9, at whatever moment this is."""
        if self.running is not None:
            self.running.send_signal(signal.SIGKILL)
            self.running.wait()

    def set_clock(self, seconds: float) -> None:
        """From now on its clock is wrong by so much; a new start does not put it right."""
        draft = self.clock.with_suffix(".draft")
        draft.write_text(str(seconds))
        draft.rename(self.clock)

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
    others: list[Process] = field(default_factory=list)

    async def __aenter__(self) -> "Scene":
        with ExitStack() as stack:
            self.simulator = LyncSimulator()
            self.simulator.start()
            stack.callback(self.simulator.stop)
            self.postgres = Postgres()
            stack.callback(self.postgres.cleanup)
            self.url = self.postgres.url
            self.settings = self._settings()
            await self._furnish()
            self.apis = [self.process("serve", "--port", str(port)) for port in self.ports]
            self.worker = self.process("worker")
            stack.callback(self._stop_all)
            self.restart_the_dead()
            for port in self.ports:
                wait_until_ready(port)
            self._leave = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._leave.close()

    def _stop_all(self) -> None:
        for process in (*self.processes, *self.others):
            process.stop()

    @property
    def processes(self) -> tuple[Process, ...]:
        return (*self.apis, self.worker)

    def restart_the_dead(self) -> None:
        """What an orchestrator does: a process that ended (no database at its start) starts again."""
        for process in self.processes:
            if process.running is None or process.running.poll() is not None:
                process.start()

    def _settings(self) -> Settings:
        return Settings(
            database_url=self.url,
            secret_key=SECRET,  # type: ignore[arg-type]
            request_budget_seconds=2,
            claim_lease_seconds=8,
            allow_private_endpoints=True,
            provider_ca_file=str(self.simulator.ca_path),
        )

    def process(self, *args: str, tree: Path = TREE) -> Process:
        """One that is not started yet: `vilt` with these words, run from `tree`."""
        values = {
            "DATABASE_URL": self.url,
            "SECRET_KEY": SECRET,
            "REQUEST_BUDGET_SECONDS": "2",
            "CLAIM_LEASE_SECONDS": "8",
            "ALLOW_PRIVATE_ENDPOINTS": "true",
            "PROVIDER_CA_FILE": str(self.simulator.ca_path),
            "WORKER": "apart",
        }
        name = f"{args[0]}-{args[-1].strip('-')}"
        clock = self.folder / f"{name}.clock"
        clock.write_text("0")
        env = {**os.environ, **{f"VILT_{name}": value for name, value in values.items()}}
        env["STORM_CLOCK"] = str(clock)
        return Process(["tests.faults.vilt", *args], env, self.folder / f"{name}.log", clock, tree)

    async def _furnish(self) -> None:
        """Migrate, and activate the Lync connection as an administrator does."""
        await self.postgres.migrate()
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


def is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def wait_until_ready(port: int, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_ready(port):
            return
        time.sleep(0.1)
    raise RuntimeError(f"nothing is ready on port {port}")
