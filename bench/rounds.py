"""Variants in turn, round after round, so that each ratio is of neighbours in time."""

from collections.abc import Awaitable, Callable, Mapping
from statistics import median

from bench.load import Slice

Turn = Callable[[], Awaitable[Slice]]
Found = dict[str, list[Slice]]


async def in_turn(turns: Mapping[str, Turn], rounds: int) -> Found:
    """One slice of each variant per round, in alternating order; a first round is thrown away."""
    found: Found = {name: [] for name in turns}
    for turn in turns.values():  # caches fill, statements are prepared
        await turn()
    for number in range(rounds):
        names = list(turns) if number % 2 == 0 else list(turns)[::-1]
        for name in names:
            one = await turns[name]()
            if one.refused:
                print(f"  ! {name}: {one.refused} of {one.answered} refused: {one.first_refusal}")
            found[name].append(one)
    return found


def rate_ratios(found: Found, name: str, unit: str) -> list[float]:
    """Requests per second of `name` in units of its neighbour `unit`, round by round."""
    return [one.rate / other.rate for one, other in zip(found[name], found[unit], strict=True)]


def latency_ratios(found: Found, name: str, unit: str, share: float) -> list[float]:
    """The same for a percentile of the latency."""
    pairs = zip(found[name], found[unit], strict=True)
    return [one.percentile(share) / other.percentile(share) for one, other in pairs]


def cpu_ratios(found: Found, name: str, unit: str) -> list[float]:
    """The rate's worth if the server's core were the only limit: CPU of `unit` over that of `name`."""
    pairs = zip(found[name], found[unit], strict=True)
    return [other.cpu_micros / one.cpu_micros for one, other in pairs]


def rate(turns: list[Slice]) -> float:
    return median(turn.rate for turn in turns)


def cpu_micros(turns: list[Slice]) -> float:
    return median(turn.cpu_micros for turn in turns)


def busy(turns: list[Slice]) -> float:
    return median(turn.busy for turn in turns)


def milliseconds(turns: list[Slice], share: float) -> float:
    """The median over rounds of a percentile."""
    return median(turn.percentile(share) for turn in turns) * 1000


def refused(found: Found) -> int:
    return sum(turn.refused for turns in found.values() for turn in turns)
