"""The launch endpoint, authenticated and durable, beside a bare FastAPI endpoint: rate, latency, bad days."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path

import uvloop

from bench import databases, disk, requests, rounds, vendor
from bench.databases import Store
from bench.load import Slice, closed, paced
from bench.options import Options, read
from bench.report import Figure, Report, as_rows, paired
from bench.rounds import Turn
from bench.servers import Server, serving

PARTS = ("closed", "open", "slow-disk", "trouble")
PEOPLE, SESSIONS, PACE = 5_000, 50, 300.0
SLOW_MS, HANG_SECONDS = 2.0, 60.0
BARS = {"postgresql": (0.5, 0.8), "sqlite": (0.4, 0.6)}
LATENCY_BARS = {"postgresql": 4.0, "sqlite": 8.0}
SLOW_BAR, TROUBLE_BAR = 0.38, 0.9


@dataclass(frozen=True)
class Place:
    """A running service with classes to launch. `people` never ends."""

    server: Server
    store: Store
    people: Iterator[bytes]

    def cpu(self) -> float:
        return self.server.cpu()


@contextmanager
def place(kind: str, slow: dict[str, str] | None = None) -> Iterator[Place]:
    """A service on a fresh database with fifty classes, in its practice room."""
    with ExitStack() as stack:
        found = stack.enter_context(databases.store(kind, slow))
        server = stack.enter_context(serving("service", found.environment))
        yield Place(server, found, schedule(found, server))


def schedule(found: Store, server: Server, connections: int = 8) -> Iterator[bytes]:
    """Create the classes as the LMS does; then people launching them, without end."""
    ids = [f"class-{number}" for number in range(SESSIONS)]
    posts = iter([requests.session(found.client, external_id) for external_id in ids])
    made = uvloop.run(closed(server.port, posts, connections=connections))
    assert made.refused == 0, made.first_refusal
    return cycle(requests.launches(found.client, ids, PEOPLE))


def main() -> int:
    options = read(__doc__ or "", PARTS)
    report = Report("launch", options.results)
    with ExitStack() as stack:
        bare = stack.enter_context(serving("bare"))
        if {"closed", "open"} & set(options.parts):
            places = {kind: stack.enter_context(place(kind)) for kind in options.databases}
            if "closed" in options.parts:
                _closed(report, options, bare, places)
            if "open" in options.parts:
                _open(report, options, bare, places)
        if "slow-disk" in options.parts:
            _slow_disk(report, options, bare)
        if "trouble" in options.parts:
            _trouble(report, options)
    good = report.finish()
    return 0 if good or not options.strict else 1


def _closed(report: Report, options: Options, bare: Server, places: dict[str, Place]) -> None:
    """Saturated: requests per second and CPU per request."""
    found = _saturate(options, bare, places)
    report.rounds["closed"] = as_rows(found)
    report.add(Figure("bare endpoint", rounds.rate(found["bare"]), "req/s"))
    report.add(Figure("bare endpoint, CPU per request", rounds.cpu_micros(found["bare"]), "µs"))
    for kind in places:
        least, aim = BARS[kind]
        ratios = rounds.rate_ratios(found, kind, "bare")
        report.add(Figure(f"launch on {kind}", rounds.rate(found[kind]), "req/s"))
        report.add(Figure(f"launch on {kind}, CPU per request", rounds.cpu_micros(found[kind]), "µs"))
        report.add(paired(f"launch on {kind} / bare, by CPU", rounds.cpu_ratios(found, kind, "bare")))
        report.add(paired(f"launch on {kind} / bare", ratios, least=least, aim=aim))
    report.add(Figure("refused while saturated", rounds.refused(found), most=0))


def _open(report: Report, options: Options, bare: Server, places: dict[str, Place]) -> None:
    """At a fixed rate: latency."""
    seconds = 1.0 if options.quick else 4.0
    turns: dict[str, Turn] = {"bare": partial(paced, bare.port, requests.bare(), rate=PACE, seconds=seconds)}
    for kind, there in places.items():
        turns[kind] = partial(paced, there.server.port, there.people, rate=PACE, seconds=seconds)
    found = uvloop.run(rounds.in_turn(turns, options.rounds))
    for name, slices in found.items():
        for share in (0.5, 0.99):
            label = f"{name}: p{share * 100:.0f} at {PACE:.0f}/s"
            report.add(Figure(label, rounds.milliseconds(slices, share), "ms"))
    for kind in places:
        ratios = rounds.latency_ratios(found, kind, "bare", 0.99)
        report.add(paired(f"p99 on {kind} / bare, {PACE:.0f}/s", ratios, most=LATENCY_BARS[kind]))
    report.add(Figure(f"refused at {PACE:.0f}/s", rounds.refused(found), most=0))


def _slow_disk(report: Report, options: Options, bare: Server) -> None:
    """Every fsync takes longer: shows whether commits are shared."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vilt-bench-shim-")))
        folder.chmod(0o755)
        made = disk.shim(folder)
        if made is None:
            report.skip("slow disk", "there is no C compiler for the shim")
            return
        slow = disk.slowed(made, SLOW_MS)
        places = {kind: stack.enter_context(place(kind, slow)) for kind in options.databases}
        found = _saturate(options, bare, places)
    report.rounds["slow-disk"] = as_rows(found)
    for kind in places:
        label = f"launch on {kind} / bare, fsync + {SLOW_MS:g} ms"
        report.add(paired(label, rounds.rate_ratios(found, kind, "bare"), least=SLOW_BAR))


def _saturate(options: Options, bare: Server, places: dict[str, Place]) -> rounds.Found:
    turn = partial(closed, seconds=options.seconds)
    turns: dict[str, Turn] = {"bare": partial(turn, bare.port, requests.bare(), cpu=bare.cpu)}
    for kind, there in places.items():
        turns[kind] = partial(turn, there.server.port, there.people, cpu=there.cpu)
    return uvloop.run(rounds.in_turn(turns, options.rounds))


def _trouble(report: Report, options: Options) -> None:
    """The provider hangs, its meetings are being worked on in the background: do launches notice?"""
    for kind in options.databases:
        with ExitStack() as stack:
            healthy = stack.enter_context(_with_vendor(kind, 0.0))
            hanging = stack.enter_context(_with_vendor(kind, HANG_SECONDS))
            turns = {
                name: partial(closed, there.server.port, there.people, seconds=options.seconds, cpu=there.cpu)
                for name, (there, _) in (("healthy", healthy), ("hanging", hanging))
            }
            found: dict[str, list[Slice]] = uvloop.run(rounds.in_turn(turns, options.rounds))
            calls = vendor.calls(hanging[1])
        caused = sum(cause == requests.LAUNCH_ID for _, cause in calls)
        ratios = rounds.rate_ratios(found, "hanging", "healthy")
        report.rounds[f"trouble on {kind}"] = as_rows(found)
        note = f"{len(calls)} calls hung in the background"
        report.add(
            paired(f"launch on {kind}, provider hangs / healthy", ratios, least=TROUBLE_BAR, note=note)
        )
        report.add(Figure(f"provider calls made by launches on {kind}", caused, most=0))
        report.add(Figure(f"refused with a hanging provider on {kind}", rounds.refused(found), most=0))


@contextmanager
def _with_vendor(kind: str, pause: float) -> Iterator[tuple[Place, Path]]:
    """A service whose only connection leads to the simulated vendor, and the file of that vendor's calls."""
    with ExitStack() as stack:
        found = stack.enter_context(databases.store(kind))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vilt-bench-vendor-")))
        databases.use_vendor(found, vendor.Vendor.card.key)
        told = vendor.Behaviour(str(folder / "calls"), pause=pause)
        patience = {"VILT_REQUEST_BUDGET_SECONDS": "1"}  # else creating the classes takes minutes
        environment = found.environment | told.as_environment() | patience
        server = stack.enter_context(serving("service", environment))
        yield Place(server, found, _schedule_in_trouble(found, server)), folder / "calls"


def _schedule_in_trouble(found: Store, server: Server) -> Iterator[bytes]:
    """As `schedule`; the LMS may hear of the provider's trouble, the classes are stored all the same."""
    ids = [f"class-{number}" for number in range(SESSIONS)]
    posts = iter([requests.session(found.client, external_id) for external_id in ids])
    uvloop.run(closed(server.port, posts, connections=SESSIONS))
    return cycle(requests.launches(found.client, ids, PEOPLE))


if __name__ == "__main__":
    sys.exit(main())
