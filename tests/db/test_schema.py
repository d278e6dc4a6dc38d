"""The migrations build what the tables say, on both databases, up and down; and a stale schema is refused."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, inspect, select
from sqlalchemy.exc import IntegrityError

from app.db import schema, tables
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
