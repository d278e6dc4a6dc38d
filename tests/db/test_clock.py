"""One clock for everybody on one PostgreSQL, whatever the machines say."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.db import clock as clocks
from app.db.clock import shared_clock
from app.db.database import Database
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


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_on_one_machine_its_own_clock_is_taken(db: Database) -> None:
    async with shared_clock(db) as clock:
        assert clock is utc_now


def _away() -> None:
    raise OSError
