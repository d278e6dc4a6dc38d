"""One question for all who ask, put after they asked."""

import asyncio

import pytest

from app.providers.fresh import Fresh


class Server:
    """Counts what it is asked; answers when the gate is open."""

    def __init__(self) -> None:
        self.asked, self.gate = 0, asyncio.Event()

    async def __call__(self) -> int:
        self.asked += 1
        number = self.asked
        await self.gate.wait()
        if number == 2:
            raise ValueError("the second one fails")
        return number


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def fresh() -> Fresh[int]:
    return Fresh()


async def test_who_asks_while_one_is_under_way_shares_the_next(server: Server, fresh: Fresh[int]) -> None:
    first = asyncio.create_task(fresh.get(server))
    await asyncio.sleep(0.01)
    others = [asyncio.create_task(fresh.get(server)) for _ in range(7)]
    await asyncio.sleep(0.01)
    assert server.asked == 1
    server.gate.set()
    found = await asyncio.gather(first, *others, return_exceptions=True)
    assert found[0] == 1
    assert [type(one) for one in found[1:]] == [ValueError] * 7
    assert server.asked == 2
    assert await fresh.get(server) == 3


async def test_nobody_hears_an_answer_to_a_question_from_before_the_own(
    server: Server, fresh: Fresh[int]
) -> None:
    server.gate.set()
    assert await fresh.get(server) == 1
    with pytest.raises(ValueError, match="second"):
        await fresh.get(server)
    assert await fresh.get(server) == 3


async def test_who_gives_up_leaves_the_others_theirs(server: Server, fresh: Fresh[int]) -> None:
    gone, stays = asyncio.create_task(fresh.get(server)), asyncio.create_task(fresh.get(server))
    await asyncio.sleep(0.01)
    gone.cancel()
    server.gate.set()
    assert await stays == 1
