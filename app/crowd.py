"""For the moments when many come at once: they ask together, and whoever works on much works gently.

Together is the trick of the hot path. When a class starts, everybody's launch asks the database the same kind
of question. Alone, each would pay for a connection, a round trip and, worst, a commit of its own. Here they
queue for a moment that costs nothing: while one group is on its way, the next one forms by itself, and it
leaves when the former has come back. No timer is involved (waiting for company made it slower), a lone
request goes at once, and every caller waits for the very commit that holds its own row. So it is as durable
as before, only shared; and nobody gets an answer to a question that was put before their own.

Gently is for rosters: ten thousand people take Python a tenth of a second, which whoever launches in that
moment must not feel.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

LARGEST_GROUP = 500
GENTLY = 200  # things at a time: about a millisecond


class Together(Generic[Item, Answer]):
    """`work` takes a group of items and gives their answers back in the same order.

    A group that fails is tried again one by one, so that one bad item is nobody else's trouble; except after
    `hopeless` errors, with which nobody would fare better alone.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
        hopeless: tuple[type[Exception], ...],
    ) -> None:
        self._work, self._hopeless = work, hopeless
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._under_way = False
        self._next: asyncio.Task[None] | None = None

    async def ask(self, item: Item) -> Answer:
        """This item's answer, or what `work` raised for it."""
        if self._under_way:
            return await self._queue(item)
        self._under_way = True
        try:
            await asyncio.sleep(0)  # whoever asks in the same moment comes along
            if not self._waiting:
                (answer,) = await self._work([item])
                return answer
            queued = self._queue(item)
        finally:
            self._send_the_next()
        return await queued

    def _queue(self, item: Item) -> asyncio.Future[Answer]:
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        return future

    def _send_the_next(self) -> None:
        if self._waiting:
            self._next = asyncio.create_task(self._go_on())
        else:
            self._under_way = False

    async def _go_on(self) -> None:
        group, self._waiting = self._waiting[:LARGEST_GROUP], self._waiting[LARGEST_GROUP:]
        try:
            await self._answer(group)
        finally:
            self._send_the_next()

    async def _answer(self, group: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._work([item for item, _ in group])
        except self._hopeless as exc:
            for _, future in group:
                _tell(future, exc)
            return
        except Exception as exc:
            if len(group) > 1:
                for one in group:
                    await self._answer([one])
            else:
                _tell(group[0][1], exc)
            return
        for (_, future), answer in zip(group, answers, strict=True):
            if not future.done():  # whoever asked may have gone
                future.set_result(answer)


def _tell(future: asyncio.Future[Answer], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


async def gently(work: Callable[[Item], Answer], items: Sequence[Item]) -> list[Answer]:
    """`work` done for each, in their order; after every few the event loop has its turn."""
    done: list[Answer] = []
    for start in range(0, len(items), GENTLY):
        done += map(work, items[start : start + GENTLY])
        await asyncio.sleep(0)
    return done
