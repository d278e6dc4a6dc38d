"""The launch endpoint, authenticated and durable, beside a bare FastAPI endpoint: rate, latency, bad days."""

import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import uvloop

from bench import disk, requests, rounds, trouble
from bench.load import closed, paced
from bench.options import Options, read
from bench.places import Place, place
from bench.report import Figure, Report, as_rows, paired
from bench.rounds import Turn
from bench.servers import Server, serving

PARTS = ("closed", "open", "slow-disk", "trouble")
PACE, SLOW_MS = 300.0, 2.0
BARS = {"postgresql": (0.5, 0.8), "sqlite": (0.4, 0.6)}
LATENCY_BARS = {"postgresql": 4.0, "sqlite": 8.0}
SLOW_BAR = 0.38
QUIET = 0.8  # a saturated server on a machine of its own uses more of its core than this


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
            for kind in options.databases:
                trouble.measure(report, options, kind)
    good = report.finish()
    return 0 if good or not options.strict else 1


def _closed(report: Report, options: Options, bare: Server, places: dict[str, Place]) -> None:
    """Saturated: requests per second and CPU per request."""
    found = _saturate(options, bare, places)
    report.rounds["closed"] = as_rows(found)
    report.add(Figure("bare endpoint", rounds.rate(found["bare"]), "req/s"))
    report.add(Figure("bare endpoint, CPU per request", rounds.cpu_micros(found["bare"]), "µs"))
    had = rounds.busy(found["bare"])
    note = "" if had > QUIET else "others use this machine: rates say little, CPU says more"
    report.add(Figure("share of its core that the bare server had", had, note=note))
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


if __name__ == "__main__":
    sys.exit(main())
