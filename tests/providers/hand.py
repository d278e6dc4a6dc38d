"""A monotonic clock that tests move by hand."""

from dataclasses import dataclass


@dataclass
class Hand:
    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def move(self, seconds: float) -> None:
        self.seconds += seconds
