"""The same with a thousand sessions and with a million: what grows must not slow the hot path."""

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from random import Random

import uvloop

from bench import databases, filling, requests, rounds
from bench.databases import Store
from bench.load import closed
from bench.options import Options, read
from bench.report import Figure, Report, as_rows, paired
from bench.rounds import Turn
from bench.servers import Server, serving

SIZES = (1_000, 100_000, 1_000_000)
QUICK_SIZES = (100, 2_000)
PEOPLE, BAR = 5_000, 1.3
FEW = 4  # administrators who look at once


def main() -> int:
    options = read(__doc__ or "", rounds=9)
    report = Report("grow", options.results)
    for kind in options.databases:
        with ExitStack() as stack:
            served = _serve(stack, options, kind)
            launching = {size: there.turn(_people(there.store, size)) for size, there in served}
            listing = {size: there.turn(_lists(there.store), FEW) for size, there in served}
            _compare(report, options, f"launch on {kind}", launching)
            _compare(report, options, f"session list on {kind}", listing)
    return 0 if report.finish() or not options.strict else 1


@dataclass(frozen=True)
class _Grown:
    """A service on a database that has grown."""

    store: Store
    server: Server
    seconds: float

    def turn(self, wanted: Iterator[bytes], connections: int = 64) -> Turn:
        ask = partial(closed, self.server.port, wanted, connections=connections)
        return partial(ask, seconds=self.seconds, cpu=self.server.cpu)


def _serve(stack: ExitStack, options: Options, kind: str) -> list[tuple[int, _Grown]]:
    """One service per size, side by side, so that sizes are compared within the same seconds."""
    found = []
    for size in QUICK_SIZES if options.quick else SIZES:
        store = stack.enter_context(databases.store(kind))
        asyncio.run(filling.sessions(store, size))
        server = stack.enter_context(serving("service", store.environment))
        found.append((size, _Grown(store, server, options.seconds)))
    return found


def _compare(report: Report, options: Options, what: str, asked: Mapping[int, Turn]) -> None:
    turns = {f"{size:,}": turn for size, turn in asked.items()}
    found = uvloop.run(rounds.in_turn(turns, options.rounds))
    report.rounds[what] = as_rows(found)
    first, *others = turns
    for name, slices in found.items():
        report.add(Figure(f"{what}, {name} sessions", rounds.rate(slices), "req/s"))
    for name in others:
        ratios = rounds.rate_ratios(found, first, name)
        most = BAR if name == others[-1] else None
        report.add(paired(f"{what}: {name} sessions slower than {first}", ratios, most=most, unit="times"))
    report.add(Figure(f"refused: {what}", rounds.refused(found), most=0))


def _lists(store: Store) -> Iterator[bytes]:
    return cycle((requests.session_list(store.client),))


def _people(store: Store, size: int) -> Iterator[bytes]:
    """Launches all over the table, so that no page of it stays warm by chance."""
    luck = Random(7)
    wanted = [f"fill-{luck.randrange(size)}" for _ in range(PEOPLE)]
    return cycle(requests.launches(store.client, wanted, PEOPLE))


if __name__ == "__main__":
    sys.exit(main())
