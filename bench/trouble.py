"""Launches while the provider hangs and its meetings are worked on in the background: do they notice?"""

from contextlib import ExitStack
from functools import partial

import uvloop

from bench import places, requests, rounds, vendor
from bench.load import closed
from bench.options import Options
from bench.places import Place
from bench.report import Figure, Report, as_rows, paired
from bench.rounds import Turn

HANG_SECONDS, BAR = 60.0, 0.9
PATIENCE = {"VILT_REQUEST_BUDGET_SECONDS": "1"}  # else creating the classes takes minutes


def measure(report: Report, options: Options, kind: str) -> None:
    """A service with a healthy provider and one with a hanging one, in turn."""
    with ExitStack() as stack:
        turns: dict[str, Turn] = {}
        for name, pause in (("healthy", 0.0), ("hanging", HANG_SECONDS)):
            behaviour = vendor.Behaviour(pause=pause)
            there = stack.enter_context(places.place_with_vendor(kind, behaviour, PATIENCE))
            # The LMS may hear of the provider's trouble; the classes are stored all the same.
            places.create_classes(there.store, there.server, connections=places.SESSIONS)
            turns[name] = _turn(there, options.seconds)
        found = uvloop.run(rounds.in_turn(turns, options.rounds))
        calls = vendor.calls(there.calls)
    caused = sum(cause == requests.LAUNCH_ID for _, cause in calls)
    ratios = rounds.rate_ratios(found, "hanging", "healthy")
    report.rounds[f"trouble on {kind}"] = as_rows(found)
    note = f"{len(calls)} calls hung in the background"
    report.add(paired(f"launch on {kind}, provider hangs / healthy", ratios, least=BAR, note=note))
    report.add(Figure(f"provider calls made by launches on {kind}", caused, most=0))
    report.add(Figure(f"refused with a hanging provider on {kind}", rounds.refused(found), most=0))


def _turn(there: Place, seconds: float) -> Turn:
    people = places.launching(there.store)
    return partial(closed, there.server.port, people, seconds=seconds, cpu=there.cpu)
