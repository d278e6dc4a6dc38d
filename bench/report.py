"""What a benchmark found: figures beside their bars, as a table, as JSON and as a picture."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench import machine, picture


@dataclass(frozen=True)
class Figure:
    """One measured value. `least` or `most` is its bar, if it has one; `low`, `high`: its rounds' spread."""

    name: str
    value: float
    unit: str = ""
    least: float | None = None
    most: float | None = None
    aim: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.least is None and self.most is None:
            return ""
        good = (self.least is None or self.value >= self.least) and (
            self.most is None or self.value <= self.most
        )
        return "PASS" if good else "BELOW"


@dataclass
class Report:
    """Collects figures; `finish` writes them down. `skipped`: what was not measured, and why."""

    name: str
    folder: Path
    figures: list[Figure] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    rounds: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=machine.facts)

    def add(self, figure: Figure) -> None:
        self.figures.append(figure)
        print("  " + _line(figure), flush=True)

    def skip(self, what: str, why: str) -> None:
        self.skipped.append(f"{what}: {why}")
        print(f"  not measured: {what}: {why}", flush=True)

    def finish(self) -> bool:
        """Write JSON and picture, say what is below; True when nothing is below its bar."""
        self.environment["load_after"] = os.getloadavg()[0]
        self.folder.mkdir(exist_ok=True)
        found = asdict(self)
        del found["folder"]
        for row, figure in zip(found["figures"], self.figures, strict=True):
            row["verdict"] = figure.verdict
        (self.folder / f"{self.name}.json").write_text(json.dumps(found, indent=1))
        (self.folder / f"{self.name}.svg").write_text(picture.chart(self.name, _bars(self.figures)))
        below = [figure.name for figure in self.figures if figure.verdict == "BELOW"]
        print(f"{self.name}: {'below the bar: ' + '; '.join(below) if below else 'all bars met'}")
        print(
            f"load {self.environment['load_before']:.1f} before, {self.environment['load_after']:.1f} after"
        )
        print(f"written: {self.name}.json and .svg in {self.folder}")
        return not below


def paired(name: str, ratios: Sequence[float], **bar: Any) -> Figure:
    """The median of the ratios of neighbours in time."""
    return Figure(name, median(ratios), low=min(ratios), high=max(ratios), **bar)


def _line(figure: Figure) -> str:
    spread = "" if figure.low is None else f"({_short(figure.low)}–{_short(figure.high or 0)})"
    bar = f"≥ {figure.least:g}" if figure.least is not None else ""
    bar = f"≤ {figure.most:g}" if figure.most is not None else bar
    aim = f"aim {figure.aim:g}" if figure.aim is not None else ""
    value = f"{_short(figure.value)} {figure.unit}".strip()
    text = f"{figure.name:<58} {value:>14} {spread:<16} {bar:<8} {aim:<8} {figure.verdict:<5} {figure.note}"
    return text.rstrip()


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _bars(figures: Sequence[Figure]) -> list[picture.Bar]:
    return [
        picture.Bar(
            figure.name,
            figure.value,
            figure.unit,
            figure.least if figure.least is not None else figure.most,
            figure.verdict != "BELOW",
        )
        for figure in figures
        if figure.verdict
    ]


def as_rows(found: Mapping[str, Sequence[Any]]) -> dict[str, list[dict[str, float]]]:
    """Slices as plain rows for the JSON."""
    return {
        name: [
            {
                "rate": round(turn.rate, 1),
                "cpu_micros": round(turn.cpu_micros, 1),
                "busy": round(turn.busy, 3),
                "refused": turn.refused,
            }
            for turn in turns
        ]
        for name, turns in found.items()
    }
