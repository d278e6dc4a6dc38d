"""Which faults are on, how often they strike and how many strikes are left."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from app.simulators.lync.catalogue import FAULTS

if TYPE_CHECKING:
    from app.simulators.lync.wire import Call


@dataclass
class Switch:
    """One fault that is on: a rate of 0..1, perhaps a number of strikes, perhaps only some requests."""

    name: str
    rate: float = 1.0
    left: int | None = None
    only: str = ""

    def concerns(self, line: str) -> bool:
        """`only` is a list of words (`POST myOnlineMeetings`) that must all occur in method and path."""
        return all(word.lower() in line.lower() for word in self.only.split())


class Faults:
    """The switchboard."""

    def __init__(self, seed: int | None = None) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - dice, not keys
        self._on: dict[str, Switch] = {}

    def on(self, name: str, rate: float = 1.0, count: int | None = None, only: str = "") -> None:
        """Switch a fault on (again: the new setting replaces the old one)."""
        if name not in FAULTS:
            raise ValueError(f"There is no fault named {name!r}. Known faults: {', '.join(sorted(FAULTS))}.")
        if not 0 <= rate <= 1:
            raise ValueError(f"The rate of {name} must lie between 0 and 1, not {rate}.")
        if count is not None and count < 1:
            raise ValueError(f"The count of {name} must be at least 1, not {count}.")
        self._on[name] = Switch(name, rate, count, only)

    def off(self, name: str | None = None) -> None:
        """Switch one fault off, or all of them."""
        if name is None:
            self._on.clear()
        elif name in FAULTS:
            self._on.pop(name, None)
        else:
            raise ValueError(f"There is no fault named {name!r}.")

    def active(self) -> list[dict[str, Any]]:
        """What is on, as data."""
        return [asdict(switch) for switch in self._on.values()]

    def strikes(self, name: str, call: Call) -> bool:
        """Decide for this request; a strike is written to the request's record and uses one count."""
        if name not in FAULTS:
            raise ValueError(name)
        switch = self._on.get(name)
        if switch is None or not switch.concerns(f"{call.method} {call.path}"):
            return False
        if switch.rate < 1 and self._dice.random() >= switch.rate:
            return False
        if switch.left is not None:
            switch.left -= 1
            if switch.left == 0:
                del self._on[name]
        call.struck.append(name)
        return True

    def is_on(self, name: str) -> bool:
        """For faults that are a way of being (hosts, links, forms) rather than an event."""
        return name in self._on


def parse(text: str) -> tuple[str, float, int | None]:
    """Read `NAME`, `NAME=RATE` (0..1) or `NAME=xCOUNT` (so many times) into name, rate, count."""
    name, equals, amount = text.partition("=")
    name, amount = name.strip(), amount.strip()
    if name not in FAULTS:
        raise ValueError(f"There is no fault named {name!r}. Known faults: {', '.join(sorted(FAULTS))}.")
    if not equals:
        return name, 1.0, None
    try:
        if amount.startswith("x"):
            return name, 1.0, int(amount[1:])
        return name, float(amount), None
    except ValueError:
        raise ValueError(
            f"{text!r} is not understood: write NAME, NAME=RATE (0 to 1) or NAME=xCOUNT."
        ) from None
