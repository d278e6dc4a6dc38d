"""The machine underneath: which core does what, processor time and memory of processes, facts."""

import os
import platform
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
TICK = 1 / os.sysconf("SC_CLK_TCK")
PARTS = ("fastapi", "starlette", "uvicorn", "uvloop", "httptools", "sqlalchemy", "asyncpg", "aiosqlite")


def stay_on_load_core() -> None:
    """Pin this process, and whatever it starts from now on, to the core that is not the server's."""
    os.sched_setaffinity(0, {LOAD_CORE})


@contextmanager
def on_server_core() -> Iterator[None]:
    """A process that is started in this block stays on the server's core."""
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {SERVER_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, own)


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads of the process."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) * TICK


def family(pid: int) -> list[int]:
    """The process and its direct children (PostgreSQL's backends)."""
    found = [pid]
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if int(_stat(int(name))[1]) == pid:
                    found.append(int(name))
            except OSError:
                continue  # it ended while we looked
    return found


def cpu_seconds_of(pids: Iterable[int]) -> float:
    total = 0.0
    for pid in pids:
        try:
            total += cpu_seconds(pid)
        except OSError:
            continue
    return total


def pss_megabytes(pid: int) -> float:
    """Proportional set size: shared pages are divided among those who share them."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        for line in file:
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    raise OSError("the kernel does not tell the proportional set size")


def facts() -> dict[str, object]:
    """What the figures depend on."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "cores": len(CORES),
        "pinned": f"server on core {SERVER_CORE}, load and PostgreSQL on core {LOAD_CORE}",
        "load_before": os.getloadavg()[0],
        "parts": {name: version(name) for name in PARTS},
    }


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat after the name, which may hold spaces."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()
