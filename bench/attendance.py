"""Presence and webhooks taken in, the roster of a very large class, and launches while such rosters run."""

import asyncio
import http.client
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import cycle
from time import perf_counter

import orjson
import uvloop

from bench import databases, filling, machine, merging, pushing, requests, rounds
from bench.databases import Store
from bench.load import Slice, closed, paced
from bench.options import Options, read
from bench.places import schedule
from bench.report import Figure, Report, as_rows, paired
from bench.rounds import Turn
from bench.servers import Server, serving

PARTS = ("intake", "webhooks", "roster", "beside")
PEOPLE, EACH, PRESENT = 10_000, 5, 200
WEBHOOKS_BAR, ROSTER_BAR, BESIDE_BAR = 0.45, 2.5, 2.5
PACE = 100.0
CLASS = "large-class"


def main() -> int:
    options = read(__doc__ or "", PARTS)
    report = Report("attendance", options.results)
    with ExitStack() as stack:
        bare = stack.enter_context(serving("bare"))
        for kind in options.databases:
            if "webhooks" in options.parts:
                _webhooks(report, options, bare, kind)
            if set(options.parts) - {"webhooks"}:
                _measure(report, options, bare, kind)
    return 0 if report.finish() or not options.strict else 1


def _measure(report: Report, options: Options, bare: Server, kind: str) -> None:
    people = 500 if options.quick else PEOPLE
    with ExitStack() as stack:
        store = stack.enter_context(databases.store(kind))
        if {"roster", "beside"} & set(options.parts):
            asyncio.run(filling.intervals(store, CLASS, people, EACH))
        server = stack.enter_context(serving("service", store.environment))
        launches = schedule(store, server)
        if "intake" in options.parts:
            _intake(report, options, bare, (server, store))
        if "roster" in options.parts:
            _roster(report, options, (server, store), people)
        if "beside" in options.parts:
            _beside(report, options, (server, store), launches)


def _webhooks(report: Report, options: Options, bare: Server, kind: str) -> None:
    """A provider tells of people who join: each one checked, found its class, durable before the answer."""
    with ExitStack() as stack:
        store = stack.enter_context(databases.store(kind))
        pushing.lead(store)
        server = stack.enter_context(serving("service", store.environment))
        schedule(store, server)
        joins = pushing.joins(store)
        turn = partial(closed, seconds=options.seconds)
        turns: dict[str, Turn] = {
            "bare": partial(turn, bare.port, requests.bare(), cpu=bare.cpu),
            kind: partial(turn, server.port, joins, cpu=server.cpu),
        }
        found = uvloop.run(rounds.in_turn(turns, options.rounds))
        sent = int(next(joins).rpartition(b'"occupant_jid":"')[2][:12])
        lost = sent - pushing.kept(store)
    report.rounds[f"webhooks on {kind}"] = as_rows(found)
    ratios = rounds.rate_ratios(found, kind, "bare")
    report.add(Figure(f"webhooks on {kind}", rounds.rate(found[kind]), "per s"))
    worth = rounds.cpu_ratios(found, kind, "bare")
    report.add(paired(f"webhooks on {kind} / bare, by the server's CPU", worth))
    report.add(paired(f"webhooks on {kind} / bare", ratios, least=WEBHOOKS_BAR))
    report.add(Figure(f"webhooks refused on {kind}", rounds.refused(found), most=0))
    report.add(Figure(f"webhooks lost on {kind}", lost, most=0, note="answered, and not in the database"))


def _intake(report: Report, options: Options, bare: Server, place: tuple[Server, Store]) -> None:
    """Heartbeats of people in the practice room, each durable before its answer."""
    server, store = place
    beats = _beats(server, store, 70 if options.quick else PRESENT)
    turn = partial(closed, seconds=options.seconds)
    turns: dict[str, Turn] = {
        "bare": partial(turn, bare.port, requests.bare(), cpu=bare.cpu),
        store.kind: partial(turn, server.port, beats, cpu=server.cpu),
    }
    found = uvloop.run(rounds.in_turn(turns, options.rounds))
    report.rounds[f"intake on {store.kind}"] = as_rows(found)
    report.add(Figure(f"heartbeats on {store.kind}", rounds.rate(found[store.kind]), "per s"))
    report.add(paired(f"heartbeats on {store.kind} / bare", rounds.rate_ratios(found, store.kind, "bare")))
    report.add(Figure(f"heartbeats refused on {store.kind}", rounds.refused(found), most=0))


def _beats(server: Server, store: Store, present: int) -> Iterator[bytes]:
    """Launch, enter, and then the heartbeats of everybody who is in, without end."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    beats, signed = [], {"Authorization": requests.authorization(store.client)}
    for number in range(present):
        path = requests.launch_path("class-0", f"present{number}@example.com")
        join = _ask(connection, "GET", path, signed)["data"]["joinUrl"]
        token = join.rpartition("/")[2]
        visit = _ask(connection, "POST", f"/join/{token}/room/enter", {})["visit"]
        beats.append(requests.beat(token, visit))
    connection.close()
    return cycle(beats)


def _roster(report: Report, options: Options, place: tuple[Server, Store], people: int) -> None:
    """GetAttendees of the large class against fetching and merging the same rows with the raw driver."""
    server, store = place
    pair = requests.authorization(store.client)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    ours, raw = [], []
    for _ in range(options.rounds + 1):
        began = perf_counter()
        answer = _ask(connection, "GET", f"/session/{CLASS}/attendees", {"Authorization": pair})
        ours.append(perf_counter() - began)
        assert len(answer["data"]["attendees"]) == people
        with machine.on_server_core():
            raw.append(asyncio.run(merging.seconds(store, CLASS, people)))
    connection.close()
    ratios = [one / other for one, other in zip(ours[1:], raw[1:], strict=True)]  # the first one warms up
    report.rounds[f"roster on {store.kind}"] = {"ours": ours, "raw": raw}
    report.add(Figure(f"roster of {people} on {store.kind}", min(ours) * 1000, "ms"))
    report.add(Figure(f"the same rows by the raw driver on {store.kind}", min(raw) * 1000, "ms"))
    report.add(paired(f"roster on {store.kind} / raw driver", ratios, most=ROSTER_BAR))


def _beside(report: Report, options: Options, place: tuple[Server, Store], launches: Iterator[bytes]) -> None:
    """Launches at a fixed rate, quiet and while one roster after the other is asked for."""
    server, store = place
    seconds = 1.0 if options.quick else 4.0
    quiet = partial(paced, server.port, launches, rate=PACE, seconds=seconds)
    roster = cycle((requests.attendees(store.client, CLASS),))

    async def busy() -> Slice:
        rosters = asyncio.create_task(closed(server.port, roster, seconds=seconds, connections=1))
        found = await quiet()
        assert (await rosters).refused == 0
        return found

    found = uvloop.run(rounds.in_turn({"quiet": quiet, "busy": busy}, options.rounds))
    for name, slices in found.items():
        label = f"launch p99 on {store.kind} at {PACE:.0f}/s, {name}"
        report.add(Figure(label, rounds.milliseconds(slices, 0.99), "ms"))
    ratios = rounds.latency_ratios(found, "busy", "quiet", 0.99)
    report.add(paired(f"launch p99 while rosters run on {store.kind} / quiet", ratios, most=BESIDE_BAR))
    report.add(Figure(f"refused meanwhile on {store.kind}", rounds.refused(found), most=0))


def _ask(  # type: ignore[no-untyped-def]
    connection: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str]
):
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, (answer.status, body[:300])
    return orjson.loads(body)


if __name__ == "__main__":
    sys.exit(main())
