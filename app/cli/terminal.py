"""What every command shares: reading settings, running a deed in the house, and saying no in one line."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import ValidationError

from app.services.keys import Purpose
from app.settings import Settings
from app.wiring import House, open_house

T = TypeVar("T")


class Refused(Exception):
    """A command that cannot be done; the text is all that a person needs."""


def settings() -> Settings:
    """The settings of the environment; a wrong one is refused with its own sentence."""
    try:
        return Settings()
    except ValidationError as exc:
        lines = []
        for error in exc.errors(include_input=False, include_url=False):
            name = "_".join(str(part) for part in error["loc"])
            lines.append(
                f"VILT_{name.upper()}: {error['msg']}" if name else error["msg"].removeprefix("Value error, ")
            )
        raise Refused("; ".join(lines)) from exc


async def refuse_lost_key(house: House) -> None:
    """Raise Unopenable where the ring does not open the service's own keys: no caller could be let in."""
    for purpose in Purpose:
        await house.keys.all(purpose)


def in_house(deed: Callable[[House], Awaitable[T]]) -> T:
    """Open the house, do one deed, close it."""

    async def run() -> T:
        async with open_house(settings()) as house:
            return await deed(house)

    return asyncio.run(run())
