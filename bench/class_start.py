"""Ten thousand people open one class at the same minute, with a provider that is slow and often fails."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import uvloop

from bench import databases, requests, rounds, vendor
from bench.databases import Store
from bench.load import closed
from bench.options import Options, read
from bench.report import Figure, Report, as_rows, paired
from bench.rounds import Turn
from bench.servers import Server, serving

PEOPLE, PROVIDER_SECONDS, FAILING = 10_000, 0.5, 0.3
BAR = 2.5
TRIES = 50  # the LMS asks again until the class is there


@dataclass(frozen=True)
class Hall:
    """A service with one class, whose provider's calls stand in `calls`."""

    server: Server
    store: Store
    calls: Path

    def rush(self, people: int) -> Iterator[bytes]:
        """Each person once."""
        return iter(requests.launches(self.store.client, ["the-class"], people))


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
def hall(kind: str) -> Iterator[Hall]:
    """The class is created the way an LMS does it: asked for until the provider succeeded once."""
    with ExitStack() as stack:
        store = stack.enter_context(databases.store(kind))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vilt-bench-vendor-")))
        databases.use_vendor(store, vendor.Vendor.card.key)
        told = vendor.Behaviour(str(folder / "calls"), pause=PROVIDER_SECONDS, failing=FAILING)
        server = stack.enter_context(serving("service", store.environment | told.as_environment()))
        post = requests.session(store.client, "the-class")
        for _ in range(TRIES):
            made = uvloop.run(closed(server.port, iter([post]), connections=1))
            if made.refused == 0:
                break
        yield Hall(server, store, folder / "calls")


def _rush(report: Report, options: Options, bare: Server, there: Hall, people: int) -> None:
    kind, calls_before = there.store.kind, len(vendor.calls(there.calls))
    turns: dict[str, Turn] = {
        "bare": lambda: closed(bare.port, iter([requests.BARE] * people), cpu=bare.cpu),
        kind: lambda: closed(there.server.port, there.rush(people), cpu=there.server.cpu),
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
    told = vendor.Behaviour("/dev/null", pause=PROVIDER_SECONDS, failing=FAILING)
    with serving("passthrough", told.as_environment()) as server, databases.store("sqlite") as store:
        rush = requests.launches(store.client, ["the-class"], people)
        found = uvloop.run(closed(server.port, iter(rush)))
    ours = [turn["rate"] for kind in options.databases for turn in report.rounds[kind][kind]]
    note = f"measured with {people} people, {found.refused} of them refused"
    report.add(Figure("one provider call per launch, 4 at a time", found.rate, "launches/s", note=note))
    report.add(Figure("this service against that", median(ours) / found.rate, "times"))


if __name__ == "__main__":
    sys.exit(main())
