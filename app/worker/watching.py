"""Looks round for classes to follow live, for as long as this process does background work."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from app.services.watches import Watches

log = structlog.get_logger()

LOOK_SECONDS = 10.0


@asynccontextmanager
async def watching(watches: Watches) -> AsyncIterator[None]:
    """Follow classes while the block runs; at its end the account leaves them."""
    rounds = asyncio.create_task(_rounds(watches))
    try:
        yield
    finally:
        rounds.cancel()
        await asyncio.gather(rounds, return_exceptions=True)
        await watches.stop()


async def _rounds(watches: Watches) -> None:
    while True:
        try:
            await watches.look()
        except Exception as exc:
            log.warning("live rosters interrupted", error=type(exc).__name__)
        await asyncio.sleep(LOOK_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 - processes do not keep step
