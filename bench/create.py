"""Sessions created per second with a provider that takes 200 ms, beside what that provider allows at most."""

import sys
from itertools import count

import uvloop

from bench import places, requests, rounds, vendor
from bench.load import Slice, closed
from bench.options import Options, read
from bench.report import Figure, Report, as_rows, paired

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
    behaviour = vendor.Behaviour(pause=PROVIDER_SECONDS, at_once=at_once)
    with places.place_with_vendor(kind, behaviour) as there:
        server, store = there.server, there.store
        posts = (requests.session(store.client, f"class-{number}") for number in count())

        def turn() -> Slice:
            return uvloop.run(
                closed(server.port, posts, seconds=seconds, connections=CONNECTIONS, cpu=server.cpu)
            )

        found = {kind: [turn() for _ in range(options.rounds)]}
        created = sum(deed == "create" for deed, _ in vendor.calls(there.calls))
    report.rounds[f"{kind}, {at_once} at a time"] = as_rows(found)
    label = f"on {kind}, {at_once} provider calls at a time"
    note = f"limit {limit:g}"
    report.add(Figure(f"sessions created {label}", rounds.rate(found[kind]), "per s", note=note))
    report.add(paired(f"share of the provider's limit {label}", [one.rate / limit for one in found[kind]]))
    report.add(Figure(f"refused {label}", rounds.refused(found), most=0, note=f"{created} creates"))


if __name__ == "__main__":
    sys.exit(main())
