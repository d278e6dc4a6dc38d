"""Starting and ending the processes that are measured, each by its own id."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from bench import machine

START_SECONDS, PATIENCE_SECONDS = 30.0, 2.0
DROPPED = ("VILT_", "BENCH_", "PROMETHEUS_")


@dataclass(frozen=True)
class Server:
    """A process that answers on `port`. `ready_after`: seconds from its start to its first good answer."""

    port: int
    pid: int
    ready_after: float

    def cpu(self) -> float:
        return machine.cpu_seconds(self.pid)


@contextmanager
def serving(kind: str, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """`bare`, `service`, `passthrough` or `vilt` on core 0; its log goes to a file, as in production."""
    port, began = _free_port(), time.perf_counter()
    with tempfile.TemporaryFile() as log:
        process = _start(kind, port, _clean() | dict(environment or {}), log)
        try:
            _wait(process, port, "/readyz" if kind in ("service", "vilt") else "/", log)
            yield Server(port, process.pid, time.perf_counter() - began)
        finally:
            end(process)


def _start(kind: str, port: int, environment: Mapping[str, str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    command = ["app", "serve", "--port"] if kind == "vilt" else ["bench.serve", kind]
    with machine.on_server_core():
        return subprocess.Popen([sys.executable, "-m", *command, str(port)], env=environment, stdout=log)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to finish; insist after a while."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, path: str, log: IO[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            log.seek(0)
            last = log.read()[-2000:].decode(errors="replace")
            raise RuntimeError(f"the server ended with {process.returncode} before it answered: {last}")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.01)
        finally:
            connection.close()
    raise RuntimeError("the server did not become ready")


def _clean() -> dict[str, str]:
    """This process's environment without what would change a server's behaviour."""
    return {name: value for name, value in os.environ.items() if not name.startswith(DROPPED)}


def _free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])
