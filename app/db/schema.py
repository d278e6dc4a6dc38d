"""The schema's version: what the code needs, what the database has, and the way from one to the other.

While a new version is rolled out, the old one serves on the newer schema. It cannot know that schema's
revision, so the database says itself whose code it bears: each migration names the oldest in `serves_since`,
and every run of the migrations writes the list into the table `schema_serves`.

Alembic is loaded where it is needed: whoever only serves does without its ten megabytes.
"""

from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, column, delete, insert, inspect, select, table

from app.db.database import Database
from app.db.tables import schema_serves

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

MIGRATIONS = Path(__file__).parents[2] / "migrations"
_VERSION = table("alembic_version", column("version_num"))  # Alembic's own
MIGRATION_LOCK = 0x76696C74  # one number all our processes know, for PostgreSQL's advisory lock


class NewerSchema(Exception):
    """The database belongs to a newer version, which alone can change its schema; the text says so."""


@cache
def needed() -> str:
    """The revision that this code is written for."""
    return max(_known())


async def present(db: Database) -> str | None:
    """The revision that the database has; None for an empty one."""
    async with db.read() as tx:
        return await tx.run_sync(_revision)


async def obstacle(db: Database) -> str | None:
    """Why this code may not serve on the database's schema, and what to do; None when it may."""
    async with db.read() as tx:
        return await tx.run_sync(_obstacle)


async def migrate(db: Database, target: str = "head") -> None:
    """Bring the database to `target` (a revision, `head`, `base`, `-1`). Two at once wait for each other.

    Of a schema that is newer than this code nothing is changed: that is well where the code may serve on it
    and `head` is asked for, and raises NewerSchema otherwise.
    """
    async with db.begin(longest=None) as tx:
        await tx.run_sync(_run, target)


def write_down(heads: Collection[str], ctx: "MigrationContext", **_: Any) -> None:
    """Alembic calls it after each step: the database shall say whose code may serve on it from now on."""
    connection = ctx.connection
    assert connection is not None, "migrations run on a connection here, never into a file"
    if inspect(connection).has_table(schema_serves.name):
        connection.execute(delete(schema_serves))
        rows = [{"revision": revision} for head in heads for revision in serving(head)]
        connection.execute(insert(schema_serves), rows)


def serving(head: str) -> list[str]:
    """The revisions whose code may serve on `head`: back to the nearest `serves_since` on the way down."""
    found, floors = list[str](), set[str]()
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above

    for step in ScriptDirectory(str(MIGRATIONS)).iterate_revisions(head, "base"):
        found.append(step.revision)
        floors.add(getattr(step.module, "serves_since", step.revision))
        if step.revision in floors:
            break
    return found


def _obstacle(connection: Connection) -> str | None:
    has, mine = _revision(connection), needed()
    if has == mine:
        return None
    if has is None:
        return f"The database is empty, this version needs schema {mine}. Run: vilt migrate"
    if has in _known():
        return f"The database has schema {has}, this version needs {mine}. Run: vilt migrate"
    return None if mine in _served(connection) else _too_new(has)


def _served(connection: Connection) -> Collection[str]:
    if not inspect(connection).has_table(schema_serves.name):
        return ()
    return connection.scalars(select(schema_serves.c.revision)).all()


def _run(connection: Connection, target: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
    has = _revision(connection)
    if has is not None and has not in _known():
        if target == "head" and _obstacle(connection) is None:
            return
        raise NewerSchema(_too_new(has))
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    down = target == "base" or target.startswith("-")
    (command.downgrade if down else command.upgrade)(config, target)


def _too_new(has: str) -> str:
    return f"The database has schema {has}, too new for this version ({needed()}). Run the newer version."


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION.name):
        return None
    revision: str | None = connection.scalar(select(_VERSION.c.version_num))
    return revision


def _known() -> Collection[str]:
    """The revisions that this code knows: each migration's file begins with its own."""
    return {file.stem.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py")}
