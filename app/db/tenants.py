"""Tenants and the connections that they start with: found by the key that an operator types."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from app.db import vendors
from app.db.database import Tx
from app.db.tables import connections, tenants

FIRST_NAME = "Practice room"


@dataclass(frozen=True, slots=True)
class Place:
    """A tenant and one of its connections, where a client may be given access to."""

    tenant_id: UUID
    connection_id: UUID


async def find(tx: Tx, key: str) -> UUID | None:
    """The id of the tenant of that key."""
    return await tx.scalar(select(tenants.c.id).where(tenants.c.key == key))


async def find_connection(tx: Tx, tenant_id: UUID, key: str) -> UUID | None:
    """The id of the tenant's connection of that key, active or not."""
    return await tx.scalar(
        select(connections.c.id).where(connections.c.tenant_id == tenant_id, connections.c.key == key)
    )


async def add(tx: Tx, key: str, now: datetime) -> UUID:
    """A new tenant, named as its key until somebody gives it a better name."""
    tenant_id = uuid4()
    await tx.execute(insert(tenants).values(id=tenant_id, key=key, name=key, created_at=now))
    return tenant_id


async def add_connection(tx: Tx, tenant_id: UUID, provider: str, now: datetime) -> UUID:
    """The connection that a tenant begins with: it needs no settings, so it is active and has its vendor."""
    connection_id = uuid4()
    await tx.execute(
        insert(connections).values(
            id=connection_id,
            tenant_id=tenant_id,
            key=provider,
            name=FIRST_NAME,
            provider=provider,
            settings={},
            state="active",
            revision=1,
            created_at=now,
            updated_at=now,
        )
    )
    await vendors.add(tx, tenant_id, FIRST_NAME, connection_id, now)
    return connection_id
