"""Vendors: what the LMS shows on its ILT Vendors and Instructors page, made by a connection or by hand."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, insert, or_, select, update

from app.db.database import Tx
from app.db.tables import vendors
from app.domain.vendor import Origin, name_key


@dataclass(frozen=True, slots=True)
class Vendor:
    """One row. `connection_id` is None where it was made by hand. `revision` counts its changes."""

    id: UUID
    tenant_id: UUID
    connection_id: UUID | None
    name: str
    active: bool
    revision: int
    created_at: datetime
    updated_at: datetime

    @property
    def origin(self) -> Origin:
        return Origin.MANUAL if self.connection_id is None else Origin.CONNECTOR

    @property
    def place(self) -> tuple[str, UUID]:
        """Where it stands in a list: a cursor."""
        return name_key(self.name), self.id


@dataclass(frozen=True, slots=True)
class Sought:
    """Which vendors: part of the name, state (None: any)."""

    name: str = ""
    active: bool | None = None


async def add(tx: Tx, tenant_id: UUID, name: str, connection_id: UUID | None, now: datetime) -> Vendor:
    """A new active vendor; the caller has made sure that nobody else has the name."""
    values = {
        "id": uuid4(),
        "tenant_id": tenant_id,
        "connection_id": connection_id,
        "name": name,
        "name_key": name_key(name),
        "active": True,
        "revision": 1,
        "created_at": now,
        "updated_at": now,
    }
    return _vendor((await tx.execute(insert(vendors).values(values).returning(*vendors.c))).one())


async def find(tx: Tx, tenant_id: UUID, vendor_id: UUID) -> Vendor | None:
    """The tenant's vendor; another tenant's is not found."""
    query = select(vendors).where(vendors.c.tenant_id == tenant_id, vendors.c.id == vendor_id)
    row = (await tx.execute(query)).first()
    return None if row is None else _vendor(row)


async def find_named(tx: Tx, tenant_id: UUID, name: str) -> Vendor | None:
    """Who has this name, however it is spelled."""
    query = select(vendors).where(vendors.c.tenant_id == tenant_id, vendors.c.name_key == name_key(name))
    row = (await tx.execute(query)).first()
    return None if row is None else _vendor(row)


async def of_connection(tx: Tx, connection_id: UUID) -> Vendor | None:
    """The vendor that a connection has made, active or not."""
    row = (await tx.execute(select(vendors).where(vendors.c.connection_id == connection_id))).first()
    return None if row is None else _vendor(row)


async def of_connections(tx: Tx, connection_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Connection id → vendor id, for those that have one."""
    query = select(vendors.c.connection_id, vendors.c.id).where(vendors.c.connection_id.in_(connection_ids))
    return {row.connection_id: row.id for row in await tx.execute(query)}


async def change(tx: Tx, known: Vendor, name: str, active: bool, now: datetime) -> Vendor | None:
    """Make it so; None if somebody else changed it since `known` was read."""
    changed = await tx.execute(
        update(vendors)
        .where(vendors.c.id == known.id, vendors.c.revision == known.revision)
        .values(
            name=name, name_key=name_key(name), active=active, revision=known.revision + 1, updated_at=now
        )
        .returning(*vendors.c)
    )
    row = changed.first()
    return None if row is None else _vendor(row)


async def page(
    tx: Tx, tenant_id: UUID, sought: Sought, after: tuple[str, UUID] | None, limit: int
) -> list[Vendor]:
    """The next vendors behind `after`, by name."""
    query = select(vendors).where(vendors.c.tenant_id == tenant_id)
    if sought.name:
        query = query.where(vendors.c.name_key.contains(name_key(sought.name), autoescape=True))
    if sought.active is not None:
        query = query.where(vendors.c.active == sought.active)
    if after is not None:
        behind = (vendors.c.name_key == after[0]) & (vendors.c.id > after[1])
        query = query.where(or_(vendors.c.name_key > after[0], behind))
    rows = await tx.execute(query.order_by(vendors.c.name_key, vendors.c.id).limit(limit))
    return [_vendor(row) for row in rows]


def _vendor(row: Row[Any]) -> Vendor:
    return Vendor(
        id=row.id,
        tenant_id=row.tenant_id,
        connection_id=row.connection_id,
        name=row.name,
        active=row.active,
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
