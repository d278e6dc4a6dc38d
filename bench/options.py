"""The command line that all benchmarks share."""

import argparse
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from app.telemetry import logs
from bench import machine

RESULTS = Path(__file__).with_name("results")
DATABASES = ("postgresql", "sqlite")


@dataclass(frozen=True)
class Options:
    """`quick`: a look, good for seeing that it runs and for nothing else."""

    rounds: int
    seconds: float
    databases: tuple[str, ...]
    parts: tuple[str, ...]
    quick: bool
    strict: bool
    results: Path


def read(summary: str, parts: tuple[str, ...] = (), *, rounds: int = 7) -> Options:
    """The options as given; this process is on its core from here on."""
    parser = argparse.ArgumentParser(description=summary)
    parser.add_argument("--quick", action="store_true", help="one very short round: to see that it runs")
    parser.add_argument("--rounds", type=int, default=None, help=f"turns of each variant (default {rounds})")
    parser.add_argument("--seconds", type=float, default=None, help="length of a turn (default 1.5)")
    parser.add_argument("--databases", default=",".join(DATABASES), help="divided by commas")
    parser.add_argument("--parts", default=",".join(parts), help="divided by commas")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a figure is below its bar")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for JSON and picture")
    given = parser.parse_args()
    machine.stay_on_load_core()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # servers and databases are ended on the way out
    logs.configure("warning")
    return Options(
        rounds=given.rounds or (1 if given.quick else rounds),
        seconds=given.seconds or (0.3 if given.quick else 1.5),
        databases=tuple(filter(None, given.databases.split(","))),
        parts=tuple(filter(None, given.parts.split(","))),
        quick=given.quick,
        strict=given.strict,
        results=given.results,
    )
