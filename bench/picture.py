"""A chart as plain SVG: one bar per figure, each on its own scale, with a mark at what it must reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

ROW, TOP, LEFT, WIDTH = 30, 50, 400, 420
GOOD, POOR, MARK = "#2f7d4f", "#b3402e", "#1d2733"


@dataclass(frozen=True)
class Bar:
    name: str
    value: float
    unit: str
    mark: float | None
    good: bool


def chart(title: str, bars: Sequence[Bar]) -> str:
    """The whole document."""
    height = TOP + ROW * len(bars) + 20
    rows = "".join(_row(bar, TOP + ROW * number) for number, bar in enumerate(bars))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 120}" height="{height}" '
        f'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/>'
        f'<text x="16" y="28" font-size="18">{escape(title)}</text>{rows}</svg>\n'
    )


def _row(bar: Bar, y: int) -> str:
    full = max(bar.value, bar.mark or 0) * 1.05 or 1
    wide = WIDTH * bar.value / full
    mark = ""
    if bar.mark is not None:
        x = LEFT + WIDTH * bar.mark / full
        mark = f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y}" y2="{y + 22}" stroke="{MARK}" stroke-width="2"/>'
    label = escape(f"{bar.value:.3g} {bar.unit}".strip())
    return (
        f'<text x="{LEFT - 10}" y="{y + 16}" text-anchor="end">{escape(bar.name)}</text>'
        f'<rect x="{LEFT}" y="{y + 3}" width="{wide:.1f}" height="16" fill="{GOOD if bar.good else POOR}"/>'
        f'{mark}<text x="{LEFT + WIDTH + 8}" y="{y + 16}">{label}</text>'
    )
