"""Memory of one API process under load, and the time from its start until it is ready: `vilt serve` itself,
compiled as in the image."""

import asyncio
import sys
from collections.abc import Iterator
from compileall import compile_dir
from contextlib import ExitStack
from statistics import median

import uvloop

from bench import databases, machine
from bench.load import closed
from bench.options import Options, read
from bench.places import schedule
from bench.report import Figure, Report
from bench.servers import Server, serving

MEMORY_BAR, READY_BAR = 120.0, 3.0
LOOK_EVERY = 0.1


def main() -> int:
    options = read(__doc__ or "", rounds=5)
    report = Report("footprint", options.results)
    compile_dir("app", quiet=1)
    for kind in options.databases:
        _measure(report, options, kind)
    return 0 if report.finish() or not options.strict else 1


def _measure(report: Report, options: Options, kind: str) -> None:
    with ExitStack() as stack:
        store = stack.enter_context(databases.store(kind))
        starts = []
        for _ in range(options.rounds - 1):
            with serving("vilt", store.environment) as started:
                starts.append(started.ready_after)
        server = stack.enter_context(serving("vilt", store.environment))
        starts.append(server.ready_after)
        idle = machine.pss_megabytes(server.pid)
        people = schedule(store, server)
        peak = uvloop.run(_peak(server, people, options.seconds * 4))
    ready = median(starts)
    report.rounds[kind] = {"ready_after": starts}
    report.add(Figure(f"ready on {kind}", ready, "s", most=READY_BAR, low=min(starts), high=max(starts)))
    report.add(Figure(f"memory (PSS) on {kind}, idle", idle, "MB"))
    report.add(Figure(f"memory (PSS) on {kind}, under load", peak, "MB", most=MEMORY_BAR))


async def _peak(server: Server, people: Iterator[bytes], seconds: float) -> float:
    """The most memory seen while launches saturate the process."""
    load = asyncio.create_task(closed(server.port, people, seconds=seconds))
    peak = 0.0
    while not load.done():
        peak = max(peak, machine.pss_megabytes(server.pid))
        await asyncio.sleep(LOOK_EVERY)
    found = await load
    assert found.refused == 0, found.first_refusal
    return peak


if __name__ == "__main__":
    sys.exit(main())
