"""The numbers of what providers push. Beside meters.py, in the same registry."""

from prometheus_client import Counter, Gauge

from app.telemetry import meters

PUSHES = Counter(
    "vilt_pushes",
    "Facts that providers pushed: kept, unknown (no such meeting yet), nobody, other, nonsense; and pushes "
    "refused.",
    ["provider", "outcome"],
    registry=meters._registry,
)
PARKED = Gauge(
    "vilt_pushes_parked",
    "Pushed and not usable: unreadable, or of a meeting that is not known.",
    ["reason"],
    multiprocess_mode="mostrecent",
    registry=meters._registry,
)
