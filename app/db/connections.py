"""Connections: a portal's activated providers, with their settings and sealed secrets."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from app.db.database import Tx
from app.db.tables import connections


@dataclass(frozen=True, slots=True)
class Connection:
    """One row. `sealed_secrets` opens to JSON of the provider's secret fields."""

    id: UUID
    tenant_id: UUID
    key: str
    name: str
    provider: str
    settings: dict[str, Any]
    sealed_secrets: bytes | None
    active: bool
    revision: int


async def get(tx: Tx, connection_id: UUID) -> Connection:
    """A connection that is known to be there."""
    row = (await tx.execute(select(connections).where(connections.c.id == connection_id))).one()
    return _connection(row)


def _connection(row: Row[Any]) -> Connection:
    return Connection(
        id=row.id,
        tenant_id=row.tenant_id,
        key=row.key,
        name=row.name,
        provider=row.provider,
        settings=row.settings,
        sealed_secrets=row.sealed_secrets,
        active=row.state == "active",
        revision=row.revision,
    )
