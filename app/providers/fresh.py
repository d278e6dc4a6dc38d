"""One answer for all who want it: the question is put after each of them asked, and never twice at once.

Where a provider can only give everything there is (the list of an account's meetings), eight who look for
one of them each would ask for it eight times at once, and a long list would arrive for nobody in time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Fresh(Generic[T]):
    """While one question is under way the next askers gather, and share the one after it."""

    def __init__(self) -> None:
        self._under_way: asyncio.Task[T] | None = None
        self._next: asyncio.Task[T] | None = None

    async def get(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What `ask` gives, or raises, when it is called from now on: this one, or another asker's."""
        if self._next is None:
            self._next = asyncio.create_task(self._ask(self._under_way, ask))
            self._next.add_done_callback(_look_at)
        return await asyncio.shield(self._next)  # whoever gives up leaves the others theirs

    async def _ask(self, former: asyncio.Task[T] | None, ask: Callable[[], Awaitable[T]]) -> T:
        if former is not None:
            await asyncio.wait((former,))
        self._under_way, self._next = self._next, None
        return await ask()


def _look_at(task: asyncio.Task[T]) -> None:
    """An error that nobody is left to hear is nobody's."""
    if not task.cancelled():
        task.exception()
