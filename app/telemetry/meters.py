"""The service's numbers, kept with prometheus-client by hand. Label values are few and never a person's.

With several worker processes the numbers are shared through files: `PROMETHEUS_MULTIPROC_DIR` must be in the
environment before this file is imported, and `vilt serve --workers` puts it there (`share_between_workers`).
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

_SHARED = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 8.0, 15.0)

_registry = CollectorRegistry()

REQUESTS = Counter(
    "vilt_requests", "Requests answered.", ["route", "method", "status"], registry=_registry
)  # status is its class: 2xx
REQUEST_SECONDS = Histogram(
    "vilt_request_seconds", "Time to answer.", ["route"], buckets=_SECONDS, registry=_registry
)
IN_FLIGHT = Gauge(
    "vilt_requests_in_flight", "Requests being answered.", multiprocess_mode="livesum", registry=_registry
)
AUTH_FAILURES = Counter("vilt_auth_failures", "Requests refused with 401.", registry=_registry)
LAUNCHES = Counter("vilt_launches", "Personal links handed out.", ["role"], registry=_registry)
SCHEDULE_CONFLICTS = Counter(
    "vilt_schedule_conflicts",
    "Sessions stored while an instructor of theirs is named in another one at the same time.",
    registry=_registry,
)
MEETINGS = Counter("vilt_meetings", "Deeds done to meetings.", ["deed", "outcome"], registry=_registry)
JOBS = Counter("vilt_jobs", "Background jobs done.", ["kind", "outcome"], registry=_registry)
PARKED = Gauge(
    "vilt_jobs_parked",
    "Work that nobody tries any more until it is changed or woken.",
    ["kind"],
    multiprocess_mode="mostrecent",
    registry=_registry,
)
PROVIDER_CALLS = Counter(
    "vilt_provider_calls", "Calls to meeting providers.", ["provider", "deed", "outcome"], registry=_registry
)
PROVIDER_SECONDS = Histogram(
    "vilt_provider_seconds",
    "Time a provider took.",
    ["provider", "deed"],
    buckets=_SECONDS,
    registry=_registry,
)
PROVIDER_REQUESTS = Counter(
    "vilt_provider_requests",
    "HTTP requests sent to meeting providers.",
    ["provider", "method", "outcome"],
    registry=_registry,
)
PROVIDER_REFUSALS = Counter(
    "vilt_provider_refusals",
    "Calls not made: the breaker is open, the queue is full, or the provider asked for quiet.",
    ["provider", "reason"],
    registry=_registry,
)
PROVIDER_BREAKER = Gauge(
    "vilt_provider_breaker",
    "0 closed, 1 trying, 2 open: the connection's provider is left alone.",
    ["provider", "connection"],
    multiprocess_mode="livemax",
    registry=_registry,
)
PUSHES = Counter(
    "vilt_pushes",
    "Facts that providers pushed: kept, unknown (no such meeting yet), nobody, other, nonsense; and pushes "
    "refused.",
    ["provider", "outcome"],
    registry=_registry,
)
PUSHES_PARKED = Gauge(
    "vilt_pushes_parked",
    "Pushed and not usable: unreadable, or of a meeting that is not known.",
    ["reason"],
    multiprocess_mode="mostrecent",
    registry=_registry,
)


def answered(route: str, method: str, hundreds: int, seconds: float) -> None:
    """Count a request and its time; `hundreds`: the class of its status."""
    counter, histogram = _of_route(route, method, hundreds)
    counter.inc()
    histogram.observe(seconds)


@cache  # to find the two by their labels costs more than to count; routes and methods are few
def _of_route(route: str, method: str, hundreds: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(route, method, f"{hundreds}xx"), REQUEST_SECONDS.labels(route)


@contextmanager
def provider_call(provider: str, deed: str) -> Iterator[None]:
    """Time and count what happens in the block; its outcome is `done` or the kind of the error."""
    started, outcome = perf_counter(), "done"
    try:
        yield
    except BaseException as exc:
        outcome = type(exc).__name__
        raise
    finally:
        PROVIDER_SECONDS.labels(provider, deed).observe(perf_counter() - started)
        PROVIDER_CALLS.labels(provider, deed, outcome).inc()


def share_between_workers() -> str:
    """Make the folder through which worker processes started after this share their numbers; its path."""
    folder = os.environ.get(_SHARED) or tempfile.mkdtemp(prefix="vilt-metrics-")
    os.environ[_SHARED] = folder
    return folder


def exposition() -> bytes:
    """All numbers in the Prometheus text format, over all workers."""
    if _SHARED not in os.environ:
        return generate_latest(_registry)
    whole = CollectorRegistry()
    MultiProcessCollector(whole)  # type: ignore[no-untyped-call]
    return generate_latest(whole)
