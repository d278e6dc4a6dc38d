"""A running service with classes in it, made the way an LMS makes them, and people who launch without end."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path

import uvloop

from bench import databases, requests, vendor
from bench.databases import Store
from bench.load import Slice, closed
from bench.servers import Server, serving

PEOPLE, SESSIONS = 5_000, 50


@dataclass(frozen=True)
class Place:
    """`people` launch without end; `calls`: where the simulated vendor, if there is one, writes them."""

    server: Server
    store: Store
    people: Iterator[bytes]
    calls: Path = Path("/dev/null")

    def cpu(self) -> float:
        return self.server.cpu()


@contextmanager
def place(kind: str, slow_disk: dict[str, str] | None = None) -> Iterator[Place]:
    """A service on a fresh database with fifty classes, all in its practice room."""
    with ExitStack() as stack:
        store = stack.enter_context(databases.store(kind, slow_disk))
        server = stack.enter_context(serving("service", store.environment))
        yield Place(server, store, schedule(store, server))


@contextmanager
def place_with_vendor(
    kind: str, behaviour: vendor.Behaviour, settings: dict[str, str] | None = None
) -> Iterator[Place]:
    """A service without classes whose only connection leads to the simulated vendor."""
    with ExitStack() as stack:
        store = stack.enter_context(databases.store(kind))
        calls = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vilt-bench-vendor-")), "calls")
        databases.use_vendor(store, vendor.Vendor.card.key)
        told = replace(behaviour, calls=str(calls)).as_environment()
        server = stack.enter_context(serving("service", store.environment | told | (settings or {})))
        yield Place(server, store, iter(()), calls)


def schedule(store: Store, server: Server) -> Iterator[bytes]:
    """Create the classes, all successfully; then people launching them, without end."""
    made = create_classes(store, server, connections=8)
    assert made.refused == 0, made.first_refusal
    return launching(store)


def create_classes(store: Store, server: Server, *, connections: int) -> Slice:
    posts = iter([requests.session(store.client, external_id) for external_id in _ids()])
    return uvloop.run(closed(server.port, posts, connections=connections))


def launching(store: Store) -> Iterator[bytes]:
    return cycle(requests.launches(store.client, _ids(), PEOPLE))


def _ids() -> list[str]:
    return [f"class-{number}" for number in range(SESSIONS)]
