"""The service as an operator runs it: a process started by `vilt`, whose log is read afterwards."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]


@dataclass
class Practice:
    """A running `vilt serve`: its address, what `vilt welcome` said, and how to end it and read its log."""

    base_url: str
    welcome: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    log_file: Path

    def vilt(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "app", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def stop(self) -> int:
        """End it as an orchestrator does; its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=30)


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    folder = tmp_path_factory.mktemp("practice")
    port = _free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("VILT_")} | {
        "VILT_DATABASE_URL": f"sqlite+aiosqlite:///{folder}/vilt.db",
        "VILT_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "VILT_LOG_LEVEL": "debug",
        "PYTHONUNBUFFERED": "1",
    }
    with (folder / "log").open("wb") as log:
        made = Practice(f"http://127.0.0.1:{port}", "", environment, None, folder / "log")  # type: ignore[arg-type]
        made.vilt("migrate")
        made.welcome = made.vilt("welcome")
        serve = [sys.executable, "-m", "app", "serve", "--port", str(port)]
        made.process = subprocess.Popen(
            serve, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait_until_ready(made)
            yield made
        finally:
            made.process.kill()
            made.process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(practice: Practice) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and practice.process.poll() is None:
        try:
            if httpx.get(f"{practice.base_url}/readyz").status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise RuntimeError(f"the service did not start: {practice.log_file.read_text()}")
