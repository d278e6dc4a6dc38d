"""Ten thousand people open one class at the same minute, with a provider that is slow and often fails."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

import uvloop

from bench import databases, places, requests, rounds, vendor
from bench.load import closed
from bench.options import Options, read
from bench.places import Place
from bench.report import Figure, Report, as_rows, paired
from bench.rounds import Turn
from bench.servers import Server, serving

PEOPLE, PROVIDER_SECONDS, FAILING = 10_000, 0.5, 0.3
BAR = 2.5
THE_CLASS = "the-class"
TRIES = 50  # the LMS asks again until the class is there


def main() -> int:
    options = read(__doc__ or "", rounds=3)
    people = 300 if options.quick else PEOPLE
    report = Report("class-start", options.results)
    with ExitStack() as stack:
        bare = stack.enter_context(serving("bare"))
        for kind in options.databases:
            with hall(kind) as there:
                _rush(report, options, bare, there, people)
        _pass_through(report, options)
    return 0 if report.finish() or not options.strict else 1


@contextmanager
def hall(kind: str) -> Iterator[Place]:
    """One class, asked for as an LMS does: until the provider succeeded once."""
    behaviour = vendor.Behaviour(pause=PROVIDER_SECONDS, failing=FAILING)
    with places.place_with_vendor(kind, behaviour) as there:
        post = requests.session(there.store.client, THE_CLASS)
        for _ in range(TRIES):
            made = uvloop.run(closed(there.server.port, iter([post]), connections=1))
            if made.refused == 0:
                break
        yield there


def _rush(report: Report, options: Options, bare: Server, there: Place, people: int) -> None:
    kind, calls_before = there.store.kind, len(vendor.calls(there.calls))
    rush = requests.launches(there.store.client, [THE_CLASS], people)
    turns: dict[str, Turn] = {
        "bare": lambda: closed(bare.port, iter([requests.BARE] * people), cpu=bare.cpu),
        kind: lambda: closed(there.server.port, iter(rush), cpu=there.server.cpu),
    }
    found = uvloop.run(rounds.in_turn(turns, options.rounds))
    report.rounds[kind] = as_rows(found)
    times = [one.seconds / other.seconds for one, other in zip(found[kind], found["bare"], strict=True)]
    seconds = median(turn.seconds for turn in found[kind])
    report.add(Figure(f"{people} people launched on {kind}", seconds, "s"))
    report.add(paired(f"their time on {kind} / bare", times, most=BAR))
    report.add(Figure(f"errors on {kind}", rounds.refused(found), most=0))
    made = len(vendor.calls(there.calls)) - calls_before
    report.add(Figure(f"provider calls meanwhile on {kind}", made, most=1))


def _pass_through(report: Report, options: Options) -> None:
    """The other design, with fewer people: it would need more than twenty minutes for all of them."""
    people = 16 if options.quick else 80
    told = vendor.Behaviour(pause=PROVIDER_SECONDS, failing=FAILING)
    with serving("passthrough", told.as_environment()) as server, databases.store("sqlite") as store:
        rush = requests.launches(store.client, [THE_CLASS], people)
        found = uvloop.run(closed(server.port, iter(rush)))
    ours = [turn["rate"] for kind in options.databases for turn in report.rounds[kind][kind]]
    note = f"measured with {people} people, {found.refused} of them refused"
    report.add(Figure("one provider call per launch, 4 at a time", found.rate, "launches/s", note=note))
    report.add(Figure("this service against that", median(ours) / found.rate, "times"))


if __name__ == "__main__":
    sys.exit(main())
