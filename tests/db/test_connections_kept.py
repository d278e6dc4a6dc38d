"""The database goes away and comes back: connections that were kept are tried before they are used."""

from contextlib import suppress
from uuid import uuid4

import pytest
from sqlalchemy import Uuid, bindparam, func, literal, select, text
from sqlalchemy.exc import DBAPIError

from app.db import database as module
from app.db.database import UNREACHABLE, Database
from app.db.lane import Lane, written


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


async def test_a_single_statement_stays_without_a_transaction_around_it(db: Database) -> None:
    added = text("INSERT INTO tenants (id, key, name, created_at) VALUES (:id, 'k', 'n', CURRENT_TIMESTAMP)")
    made_up = uuid4()
    with suppress(ZeroDivisionError):
        async with db.single() as tx:
            await tx.execute(added.bindparams(bindparam("id", made_up, Uuid())))
            raise ZeroDivisionError  # a rollback that would come too late
    async with db.read() as tx:
        assert await tx.scalar(text("SELECT count(*) FROM tenants WHERE key = 'k'")) == 1
