"""The same with a thousand sessions and with a million: what grows must not slow the hot path."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import ExitStack
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
from bench.servers import serving

SIZES = (1_000, 100_000, 1_000_000)
QUICK_SIZES = (100, 2_000)
PEOPLE, BAR = 5_000, 1.3


def main() -> int:
    options = read(__doc__ or "", rounds=9)
    report = Report("grow", options.results)
    for kind in options.databases:
        _measure(report, options, kind)
    report.skip("the session list", "the service has no list of sessions to ask for yet")
    return 0 if report.finish() or not options.strict else 1


def _measure(report: Report, options: Options, kind: str) -> None:
    """One service per size, side by side, so that sizes are compared within the same seconds."""
    sizes = QUICK_SIZES if options.quick else SIZES
    with ExitStack() as stack:
        turns: dict[str, Turn] = {}
        for size in sizes:
            store = stack.enter_context(databases.store(kind))
            asyncio.run(filling.sessions(store, size))
            server = stack.enter_context(serving("service", store.environment))
            turn = partial(closed, seconds=options.seconds, cpu=server.cpu)
            turns[f"{size:,}"] = partial(turn, server.port, _people(store, size))
        found = uvloop.run(rounds.in_turn(turns, options.rounds))
    report.rounds[kind] = as_rows(found)
    first, *others = turns
    for name, slices in found.items():
        report.add(Figure(f"launch on {kind}, {name} sessions", rounds.rate(slices), "req/s"))
    for name in others:
        ratios = rounds.rate_ratios(found, first, name)
        last = name == others[-1]
        label = f"{kind}: {name} sessions slower than {first}"
        report.add(paired(label, ratios, most=BAR if last else None, unit="times"))
    report.add(Figure(f"refused on {kind}", rounds.refused(found), most=0))


def _people(store: Store, size: int) -> Iterator[bytes]:
    """Launches all over the table, so that no page of it stays warm by chance."""
    luck = Random(7)
    wanted = [f"fill-{luck.randrange(size)}" for _ in range(PEOPLE)]
    return cycle(requests.launches(store.client, wanted, PEOPLE))


if __name__ == "__main__":
    sys.exit(main())
