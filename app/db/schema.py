"""The schema's version: what the code needs, what the database has, and the way from one to the other."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from app.db.database import Database

MIGRATIONS = Path(__file__).parents[2] / "migrations"
MIGRATION_LOCK = 0x76696C74  # one number all our processes know, for PostgreSQL's advisory lock


@cache
def needed() -> str:
    """The revision that this code is written for."""
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    assert head is not None, "there is always a first migration"
    return head


async def present(db: Database) -> str | None:
    """The revision that the database has; None for an empty one."""
    async with db.read() as tx:
        return await tx.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())


async def migrate(db: Database, target: str = "head") -> None:
    """Bring the database to `target` (a revision, `head`, `base`, `-1`). Two at once wait for each other."""
    async with db.begin() as tx:
        await tx.run_sync(_run, target)


def _run(connection: Connection, target: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    down = target == "base" or target.startswith("-")
    (command.downgrade if down else command.upgrade)(config, target)
