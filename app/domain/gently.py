"""Work on thousands of things, without keeping everybody else waiting meanwhile.

A roster of ten thousand people takes Python a tenth of a second; whoever launches in that moment must not
feel it. So after every few the event loop has its turn.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

AT_ONCE = 200  # about a millisecond


async def gently(work: Callable[[Item], Answer], items: Sequence[Item]) -> list[Answer]:
    """`work` done for each, in their order."""
    done: list[Answer] = []
    for start in range(0, len(items), AT_ONCE):
        done += map(work, items[start : start + AT_ONCE])
        await asyncio.sleep(0)
    return done
