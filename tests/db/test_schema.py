"""The migrations build what the tables say, on both databases, up and down; and a stale schema is refused."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, delete, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from app.db import schema, tables
from app.db.database import Database
from app.db.tables import metadata, schema_serves
from app.settings import Settings
from app.wiring import NotReady, open_house


async def test_models_and_migrations_do_not_differ(db: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with db.read() as tx:
        assert await tx.run_sync(differences) == []


# SHA-256 of every migration that databases out there have run; each release adds its own.
RELEASED = {
    "0001_first_tables.py": "1a963d11d89fdac7deaea072dcf40183bf68425ba7a94860234636649a1cebd4",
    "0002_background_engine.py": "d040aac51cee116d7a2026faf58fa6c7e83fcfb6396e1437ddd013240e438562",
    "0003_instructors_by_hand.py": "b582a88e9a2c18ff2582036b720bccfaed0223ba3d1f1700d4cc4535696a1bc7",
    "0004_erasures.py": "74b3b43024216a2cc7cedb50a16846f9689cf07e4db152634147c4339b751d18",
    "0005_parked_pushes.py": "7fab84f8b64aa18e3a8e02e65d0c79bd77bfff39aead2252592c5592cd547597",
    "0006_schema_serves.py": "4045c141e6f2657d509e25d19ccc2c8bb59dc7dbb9685c48f012f5f0c7a31320",
    "0007_watches.py": "8f278a0fbf874f6cbe917e3b48ee8bacac8f8fc5c35c1177f8fa28c57fb5696e",
    "0008_claims_of_jobs.py": "24a4a058e6b703cc81d1e16da34d486a71696c5ff5020bab0efc68e34ccb32c8",
}


def test_what_was_released_is_never_edited() -> None:
    """A database that has run it never runs it again: what is added to it is missing there."""
    files = (schema.MIGRATIONS / "versions").glob("[0-9]*.py")
    assert {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files} == RELEASED


@pytest.mark.parametrize("made_before", [False, True])
async def test_the_table_of_watches_comes_whether_or_not_it_is_there(db: Database, made_before: bool) -> None:
    """0007: for some hours 0001 made it."""
    await schema.migrate(db, "base")
    await schema.migrate(db, "0002")
    if made_before:
        async with db.begin() as tx:
            await tx.run_sync(tables.watches.create)
    await schema.migrate(db)
    async with db.read() as tx:
        indexes = await tx.run_sync(lambda connection: inspect(connection).get_indexes("watches"))
    assert [index["name"] for index in indexes] == ["ix_watches_held"]
    assert await schema.obstacle(db) is None


def test_each_migrations_file_begins_with_its_revision() -> None:
    """By that the code knows them without Alembic, and the greatest is the one that it needs."""
    scripts = ScriptDirectory(str(schema.MIGRATIONS))
    steps = [(Path(step.path).name, step.revision) for step in scripts.walk_revisions()]
    assert all(file.startswith(f"{revision}_") for file, revision in steps)
    assert scripts.get_current_head() == schema.needed() == max(revision for _, revision in steps)


async def test_down_to_nothing_and_up_again(db: Database) -> None:
    await schema.migrate(db, "base")
    async with db.read() as tx:
        left = await tx.run_sync(lambda connection: inspect(connection).get_table_names())
    assert left == ["alembic_version"]
    await schema.migrate(db)
    assert await schema.present(db) == schema.needed()


async def test_instructors_by_hand_come_and_go_while_those_of_connections_stay(db: Database) -> None:
    """0003: what was there before it stays, with its history; what ran before it goes on."""
    await schema.migrate(db, "base")
    await schema.migrate(db, "0002")
    now, tenant, connection, ina = datetime.now(UTC), uuid4(), uuid4(), uuid4()
    dates = {"created_at": now, "updated_at": now, "revision": 1}
    person = {"tenant_id": tenant, "first_name": "", "last_name": "", "active": True, **dates}

    async def enter(email: str, **more: object) -> None:
        row = {**person, "id": uuid4(), "email": email, "email_key": email, **more}
        async with db.begin() as tx:
            await tx.execute(insert(tables.instructors).values(row))

    async def there() -> list[tuple[str, ...]]:
        renamed = tables.instructor_renames
        async with db.read() as tx:
            people = await tx.scalars(select(tables.instructors.c.email).order_by("email"))
            return [*people.all(), *(await tx.scalars(select(renamed.c.old_key))).all()]

    async with db.begin() as tx:
        await tx.execute(insert(tables.tenants).values(id=tenant, key="t", name="t", created_at=now))
        of = {"tenant_id": tenant, "name": "c", **dates}
        serving = {"key": "c", "provider": "sandbox", "settings": {}, "state": "active"}
        await tx.execute(insert(tables.connections).values(id=connection, **serving, **of))
    await enter("ina", id=ina, connection_id=connection)
    renamed = {"tenant_id": tenant, "old_key": "old", "old_email": "old", "new_email": "ina"}
    async with db.begin() as tx:
        await tx.execute(
            insert(tables.instructor_renames).values(instructor_id=ina, renamed_at=now, **renamed)
        )
    await schema.migrate(db, "0003")
    assert await there() == ["ina", "old"]
    await enter("old-code", connection_id=connection)
    vendor = uuid4()
    async with db.begin() as tx:
        made = {"name_key": "c", "active": True}
        await tx.execute(insert(tables.vendors).values(id=vendor, **made, **of))
    await enter("by-hand", vendor_id=vendor)
    for again in ({"vendor_id": vendor}, {"vendor_id": uuid4()}):
        with pytest.raises(IntegrityError):
            await enter("by-hand", **again)
    assert await there() == ["by-hand", "ina", "old-code", "old"]
    await schema.migrate(db, "-1")
    assert await there() == ["ina", "old-code", "old"]
    with pytest.raises(IntegrityError):
        await enter("nobody's")


async def test_a_stale_schema_is_refused_with_what_to_run(db: Database, settings: Settings) -> None:
    await schema.migrate(db, "base")
    with pytest.raises(NotReady, match="Run: vilt migrate"):
        async with open_house(settings):
            pass


async def test_a_newer_schema_that_names_this_version_is_served(db: Database) -> None:
    await _become(db, "9001", serves=("9001", schema.needed()))
    assert await schema.obstacle(db) is None
    await schema.migrate(db)  # a job of the old version does no harm, and undoes nothing
    assert await schema.present(db) == "9001"


async def test_a_newer_schema_that_does_not_name_this_version_is_refused(
    db: Database, settings: Settings
) -> None:
    await _become(db, "9001", serves=("9001",))
    with pytest.raises(NotReady, match=r"has schema 9001, too new for this version .* Run the newer version"):
        async with open_house(settings):
            pass
    with pytest.raises(schema.NewerSchema):
        await schema.migrate(db)


async def test_nobody_steps_down_from_a_schema_that_is_not_known(db: Database) -> None:
    await _become(db, "9001", serves=("9001", schema.needed()))
    with pytest.raises(schema.NewerSchema):
        await schema.migrate(db, "-1")


async def test_the_database_says_whose_code_may_serve(db: Database) -> None:
    async with db.read() as tx:
        serving = (await tx.scalars(select(schema_serves.c.revision))).all()
    assert schema.needed() in serving


FLOORS = {
    "c falls back to b, and b to nothing": ({"c": "b"}, ["c", "b"]),
    "what b took away stays away, whatever c says": ({"c": "a"}, ["c", "b"]),
    "two steps that only add": ({"c": "a", "b": "a"}, ["c", "b", "a"]),
    "nothing said": ({}, ["c"]),
}


@pytest.mark.parametrize(("since", "expected"), FLOORS.values(), ids=FLOORS)
def test_the_nearest_floor_counts(
    since: dict[str, str], expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "env.py").touch()
    (tmp_path / "versions").mkdir()
    for revision, down in (("a", None), ("b", "a"), ("c", "b")):
        said = f"serves_since = {since[revision]!r}\n" if revision in since else ""
        file = tmp_path / "versions" / f"{revision}.py"
        file.write_text(f"revision = {revision!r}\ndown_revision = {down!r}\n{said}")
    monkeypatch.setattr(schema, "MIGRATIONS", tmp_path)
    assert schema.serving("c") == expected


def test_every_new_migration_says_whose_code_may_serve_on_it() -> None:
    """From the one on that made the table; what is forgotten here would stop the old version at once."""
    for step in ScriptDirectory(str(schema.MIGRATIONS)).iterate_revisions("head", "0006"):
        assert hasattr(step.module, "serves_since"), step.revision


async def _become(db: Database, revision: str, serves: tuple[str, ...]) -> None:
    """As a newer version leaves the database behind."""
    async with db.begin() as tx:
        await tx.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
        await tx.execute(delete(schema_serves))
        await tx.execute(insert(schema_serves), [{"revision": one} for one in serves])
