"""Sessions created per second with a provider that takes 200 ms, beside what that provider allows at most."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import uvloop

from bench import databases, requests, rounds, vendor
from bench.databases import Store
from bench.load import Slice, closed
from bench.options import Options, read
from bench.report import Figure, Report, as_rows, paired
from bench.servers import Server, serving

PROVIDER_SECONDS, CONNECTIONS = 0.2, 64
ALLOWED = (4, 16)  # calls at a time, as vendors do


def main() -> int:
    options = read(__doc__ or "", rounds=5)
    report = Report("create", options.results)
    for kind in options.databases:
        for at_once in ALLOWED[-1:] if options.quick else ALLOWED:
            _measure(report, options, kind, at_once)
    return 0 if report.finish() or not options.strict else 1


def _measure(report: Report, options: Options, kind: str, at_once: int) -> None:
    limit, seconds = at_once / PROVIDER_SECONDS, 1.0 if options.quick else 3.0
    with _service(kind, at_once) as (server, store, calls):
        posts = (requests.session(store.client, f"class-{number}") for number in count())

        def turn() -> Slice:
            return uvloop.run(
                closed(server.port, posts, seconds=seconds, connections=CONNECTIONS, cpu=server.cpu)
            )

        found = {kind: [turn() for _ in range(options.rounds)]}
        created = sum(deed == "create" for deed, _ in vendor.calls(calls))
    report.rounds[f"{kind}, {at_once} at a time"] = as_rows(found)
    label = f"on {kind}, {at_once} provider calls at a time"
    note = f"limit {limit:g}"
    report.add(Figure(f"sessions created {label}", rounds.rate(found[kind]), "per s", note=note))
    report.add(paired(f"share of the provider's limit {label}", [one.rate / limit for one in found[kind]]))
    report.add(Figure(f"refused {label}", rounds.refused(found), most=0, note=f"{created} creates"))


@contextmanager
def _service(kind: str, at_once: int) -> Iterator[tuple[Server, Store, Path]]:
    with ExitStack() as stack:
        store = stack.enter_context(databases.store(kind))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vilt-bench-vendor-")))
        databases.use_vendor(store, vendor.Vendor.card.key)
        told = vendor.Behaviour(str(folder / "calls"), pause=PROVIDER_SECONDS, at_once=at_once)
        server = stack.enter_context(serving("service", store.environment | told.as_environment()))
        yield server, store, folder / "calls"


if __name__ == "__main__":
    sys.exit(main())
