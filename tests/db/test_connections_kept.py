"""The database goes away and comes back: connections that were kept are tried before they are used."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import Text, Uuid, func, literal, select, text, true
from sqlalchemy.exc import DBAPIError

from app.db import database as module
from app.db.asked import MOMENT, Columns, asked, rows
from app.db.database import UNREACHABLE, Database, insert_on
from app.db.lane import Lane, written
from app.db.tables import tenants


async def _end_all_others(postgres: str) -> None:
    other = Database(postgres.replace("postgresql://", "postgresql+asyncpg://"))
    async with other.read() as tx:
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        await tx.execute(text(f"{query} AND datname = current_database()"))
    await other.close()


@pytest.fixture
async def kept(postgres: str) -> Database:
    """A database with one connection in its pool."""
    database = Database(postgres.replace("postgresql://", "postgresql+asyncpg://"))
    async with database.read() as tx:
        await tx.execute(text("SELECT 1"))
    return database


async def test_a_connection_that_rested_is_tried_and_nobody_notices_the_restart(
    kept: Database, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REST_SECONDS", 0.0)
    await _end_all_others(postgres)
    async with kept.read() as tx:
        assert await tx.scalar(text("SELECT 2")) == 2
    await kept.close()


async def test_a_busy_connection_fails_once_and_takes_the_others_of_its_age_with_it(
    kept: Database, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REST_SECONDS", 3600.0)
    await _end_all_others(postgres)
    with pytest.raises(UNREACHABLE):
        async with kept.read() as tx:
            await tx.execute(text("SELECT 2"))
    async with kept.begin() as tx:
        assert await tx.scalar(text("SELECT 3")) == 3
    await kept.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("statement", ["SELECT pg_sleep(60)", "INSERT INTO many VALUES ($1)"])
async def test_what_takes_too_long_is_broken_off(db: Database, statement: str) -> None:
    """The driver waits on where many rows in one statement are cancelled: its connection is cut."""
    many = [(str(number),) for number in range(400_000)] if "$1" in statement else None
    async with db.begin() as tx:
        await tx.execute(text("CREATE TABLE many (a text)"))
    async with asyncio.timeout(30):
        with pytest.raises((TimeoutError, DBAPIError)):
            async with db.begin(longest=0.2) as tx:
                await tx.exec_driver_sql(statement, many)
        async with db.begin() as tx:
            assert await tx.scalar(text("SELECT count(*) FROM many")) == 0


async def test_a_lane_gets_another_connection_when_its_own_was_lost(kept: Database, postgres: str) -> None:
    lane, ask = Lane(kept), written("postgresql", select(literal(4)))
    assert [tuple(row) for row in await lane.fetch(ask, {})] == [(4,)]
    await _end_all_others(postgres)
    assert [tuple(row) for row in await lane.fetch(ask, {})] == [(4,)]
    await kept.close()


async def test_a_lane_tells_a_bad_statement_from_a_lost_database(db: Database) -> None:
    lane = Lane(db)
    with pytest.raises(DBAPIError) as refused:
        await lane.fetch(written(db.dialect, select(func.no_such_function())), {})
    assert isinstance(refused.value, UNREACHABLE) == (db.dialect == "sqlite")  # it has one class for both
    assert len(await lane.fetch(written(db.dialect, select(literal(1))), {})) == 1


@pytest.mark.parametrize("state", ["57P01", "57P02", "57P03", "53100", "53300"])
async def test_a_database_that_cannot_serve_now_is_unreachable(kept: Database, state: str) -> None:
    """Starting up, shutting down, disk full: the driver has no class of its own for them."""
    with pytest.raises(UNREACHABLE):
        async with kept.begin() as tx:
            await tx.execute(text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$"))
    await kept.close()


async def test_lanes_and_transactions_write_in_the_order_of_asking(db: Database) -> None:
    """SQLite has one writer: a lane neither slips in between nor waits by trying again."""
    lane, done = Lane(db, writes=True), list[int]()
    columns: Columns = {"id": Uuid(), "key": Text(), "name": Text(), "created_at": MOMENT}
    table = asked(db.dialect, columns)
    every = select(*(table.c[name] for name in columns)).where(true())
    adding = insert_on(db.dialect, tenants).from_select([*columns], every)

    async def add(number: int) -> None:
        row = uuid4(), str(number), "", datetime.now(UTC)
        if number % 2:
            await lane.fetch(written(db.dialect, adding), rows(db.dialect, columns, [row]))
        else:
            async with db.begin() as tx:
                await tx.execute(adding, rows(db.dialect, columns, [row]))
        done.append(number)

    async with db.begin():
        tasks = [asyncio.create_task(add(number)) for number in range(6)]
        await asyncio.sleep(0.2)
        assert db.dialect == "postgresql" or not done
    await asyncio.gather(*tasks)
    assert (done if db.dialect == "sqlite" else sorted(done)) == [*range(6)]
    async with db.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(tenants)) == 6
