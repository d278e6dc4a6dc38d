"""When many come at once: one group at a time, everybody's own answer, a turn for all."""

import asyncio
from collections.abc import Sequence

import pytest

from app.crowd import GENTLY, LARGEST_GROUP, Together, gently


class Work:
    """Doubles numbers, remembers its groups, and fails for negative ones."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, items: Sequence[int]) -> Sequence[int]:
        self.groups.append(len(items))
        await self.gate.wait()
        if any(item < 0 for item in items):
            raise ValueError("negative")
        return [2 * item for item in items]


async def test_a_lone_question_goes_at_once_and_the_others_share_the_next_group() -> None:
    work = Work()
    together = Together(work, (OSError,))
    work.gate.clear()
    first = asyncio.create_task(together.ask(0))
    await asyncio.sleep(0.01)
    others = [asyncio.create_task(together.ask(n)) for n in range(1, 64)]
    await asyncio.sleep(0.01)
    work.gate.set()
    assert await asyncio.gather(first, *others) == [2 * n for n in range(64)]
    assert work.groups == [1, 63]


async def test_one_bad_item_fails_alone() -> None:
    together = Together(Work(), (OSError,))
    answers = await asyncio.gather(*(together.ask(n) for n in (1, -1, 3)), return_exceptions=True)
    assert (answers[0], answers[2]) == (2, 6)
    assert isinstance(answers[1], ValueError)


async def test_whoever_went_away_keeps_nobody_from_an_answer() -> None:
    work = Work()
    together = Together(work, (OSError,))
    work.gate.clear()
    gone, stays = asyncio.create_task(together.ask(1)), asyncio.create_task(together.ask(2))
    await asyncio.sleep(0.01)
    gone.cancel()
    work.gate.set()
    assert await stays == 4
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_a_crowd_is_taken_in_bounded_groups() -> None:
    work = Work()
    together = Together(work, (OSError,))
    many = 3 * LARGEST_GROUP + 1
    assert await asyncio.gather(*(together.ask(n) for n in range(many))) == [2 * n for n in range(many)]
    assert max(work.groups) <= LARGEST_GROUP


async def test_it_goes_on_after_a_quiet_time() -> None:
    together = Together(Work(), (OSError,))
    assert await together.ask(1) == 2
    await asyncio.sleep(0)
    assert await together.ask(2) == 4


async def test_those_of_the_same_moment_are_one_group() -> None:
    work = Work()
    together = Together(work, (OSError,))
    assert await asyncio.gather(*(together.ask(n) for n in range(5))) == [0, 2, 4, 6, 8]
    assert work.groups == [5]


async def test_a_lone_one_that_gives_up_keeps_nobody_from_an_answer() -> None:
    work = Work()
    together = Together(work, (OSError,))
    work.gate.clear()
    gone = asyncio.create_task(together.ask(1))
    await asyncio.sleep(0.01)
    stays = asyncio.create_task(together.ask(2))
    await asyncio.sleep(0.01)
    gone.cancel()
    work.gate.set()
    assert await stays == 4
    assert work.groups == [1, 1]
    assert await together.ask(3) == 6


async def test_after_a_hopeless_error_nobody_tries_alone() -> None:
    work = Work()
    together = Together(work, (ValueError,))
    found = await asyncio.gather(*(together.ask(n) for n in (1, -1, 3)), return_exceptions=True)
    assert [type(one) for one in found] == [ValueError] * 3
    assert work.groups == [3]


async def test_nobody_gets_an_answer_to_a_question_from_before_the_own() -> None:
    put = list[int]()
    gate = asyncio.Event()

    async def ask(items: Sequence[None]) -> Sequence[int]:
        put.append(len(put))
        number = len(put)
        await gate.wait()
        return [number] * len(items)

    together = Together(ask, (Exception,))
    first = asyncio.create_task(together.ask(None))
    await asyncio.sleep(0.01)
    later = [asyncio.create_task(together.ask(None)) for _ in range(7)]
    await asyncio.sleep(0.01)
    gate.set()
    assert await asyncio.gather(first, *later) == [1] + [2] * 7


async def test_whoever_works_gently_lets_others_through() -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    passing = asyncio.create_task(other())
    assert await gently(lambda n: 2 * n, range(3 * GENTLY + 1)) == [2 * n for n in range(3 * GENTLY + 1)]
    passing.cancel()
    assert turns >= 4
