"""The migrations build what the tables say, on both databases, up and down; and a stale schema is refused."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from app.db import schema
from app.db.database import Database
from app.db.tables import metadata
from app.settings import Settings
from app.wiring import NotReady, open_house


async def test_models_and_migrations_do_not_differ(db: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with db.read() as tx:
        assert await tx.run_sync(differences) == []


async def test_down_to_nothing_and_up_again(db: Database) -> None:
    await schema.migrate(db, "base")
    async with db.read() as tx:
        left = await tx.run_sync(lambda connection: inspect(connection).get_table_names())
    assert left == ["alembic_version"]
    await schema.migrate(db)
    assert await schema.present(db) == schema.needed()


async def test_a_stale_schema_is_refused_with_what_to_run(db: Database, settings: Settings) -> None:
    await schema.migrate(db, "base")
    with pytest.raises(NotReady, match="Run: vilt migrate"):
        async with open_house(settings):
            pass
