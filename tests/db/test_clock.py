"""One clock for everybody on one PostgreSQL, whatever the machines say."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Result, Select, func, select

from app.db import clock as clocks
from app.db.clock import shared_clock
from app.db.database import Database, Tx
from app.domain.clock import utc_now

NEAR = timedelta(seconds=2)


def an_hour_fast() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_machine_whose_clock_is_wrong_goes_by_the_databases(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clocks, "utc_now", an_hour_fast)
    async with shared_clock(db) as clock:
        async with db.read() as tx:
            true = (await tx.execute(select(func.clock_timestamp()))).scalar_one()
        assert abs(clock() - true) < NEAR
        first = clock()
        await asyncio.sleep(0.05)
        assert timedelta(milliseconds=50) <= clock() - first < NEAR


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_database_that_is_away_does_not_stop_the_clock(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clocks, "READ_EVERY_SECONDS", 0.01)
    async with shared_clock(db) as clock:
        monkeypatch.setattr(db, "read", _away)
        before = clock()
        await asyncio.sleep(0.1)
        assert clock() > before


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_an_answer_that_was_long_under_way_is_not_believed(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that hung in the middle would set the clock back by half of that, and end leases too late."""
    monkeypatch.setattr(clocks, "PROMPT_SECONDS", 0.2)
    async with shared_clock(db) as clock:
        true = clock() - timedelta(seconds=time.monotonic())
        monkeypatch.setattr(db, "read", partial(_late, db.read))
        with pytest.raises(TimeoutError):
            await clock.read()
        assert abs(clock() - timedelta(seconds=time.monotonic()) - true) < timedelta(seconds=0.1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_on_one_machine_its_own_clock_is_taken(db: Database) -> None:
    async with shared_clock(db) as clock:
        assert clock is utc_now


def _away() -> None:
    raise OSError


@asynccontextmanager
async def _late(read: Callable[[], AbstractAsyncContextManager[Tx]]) -> AsyncIterator["_Late"]:
    async with read() as tx:
        yield _Late(tx)


class _Late:
    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def execute(self, query: Select[Any]) -> Result[Any]:
        found = await self._tx.execute(query)
        await asyncio.sleep(0.5)
        return found
