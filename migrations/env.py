"""How Alembic reaches the database: the engine that `app.db.schema` hands in, or VILT_DATABASE_URL."""

import asyncio

from alembic import context
from sqlalchemy import Connection

from app.db import schema
from app.db.database import Database
from app.db.tables import metadata
from app.settings import Settings


def run(connection: Connection) -> None:
    """Run the migrations on an open connection."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        on_version_apply=schema.write_down,
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_run() -> None:
    database = Database(Settings().database_url)
    async with database.begin() as tx:
        await tx.run_sync(run)
    await database.close()


handed = context.config.attributes.get("connection")
if handed is not None:
    run(handed)
else:
    asyncio.run(connect_and_run())
