"""Connections: a portal's installed providers, with their settings, sealed secrets, state and health."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, insert, or_, select, update

from app.db.database import Tx
from app.db.tables import connections, meetings


class State(StrEnum):
    """`installed`: never activated yet. Only an active one serves the contract."""

    INSTALLED = "installed"
    ACTIVE = "active"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class Connection:
    """One row. `sealed_secrets` opens to JSON of the provider's secret fields. `revision` counts changes of
    name, settings and state; `health` is the last report and changes none of it."""

    id: UUID
    tenant_id: UUID
    key: str
    name: str
    provider: str
    settings: dict[str, Any]
    sealed_secrets: bytes | None
    state: State
    revision: int
    health: dict[str, Any] | None
    checked_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def active(self) -> bool:
        return self.state is State.ACTIVE


async def get(tx: Tx, connection_id: UUID) -> Connection:
    """A connection that is known to be there."""
    row = (await tx.execute(select(connections).where(connections.c.id == connection_id))).one()
    return to_connection(row)


async def some(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Connection]:
    """Those of the connections that there are, whosever they are."""
    query = select(connections).where(connections.c.id.in_(ids))
    return {row.id: to_connection(row) for row in await tx.execute(query)}


async def find(tx: Tx, tenant_id: UUID, connection_id: UUID) -> Connection | None:
    """The tenant's connection; another tenant's is not found."""
    mine = and_(connections.c.tenant_id == tenant_id, connections.c.id == connection_id)
    row = (await tx.execute(select(connections).where(mine))).first()
    return None if row is None else to_connection(row)


async def all_of(tx: Tx, tenant_id: UUID) -> list[Connection]:
    """Every connection of the tenant, by key: they are few."""
    query = select(connections).where(connections.c.tenant_id == tenant_id).order_by(connections.c.key)
    return [to_connection(row) for row in await tx.execute(query)]


async def page(tx: Tx, tenant_id: UUID, after: str | None, limit: int) -> list[Connection]:
    """The next connections behind the key `after`."""
    query = select(connections).where(connections.c.tenant_id == tenant_id)
    if after is not None:
        query = query.where(connections.c.key > after)
    return [to_connection(row) for row in await tx.execute(query.order_by(connections.c.key).limit(limit))]


async def add(tx: Tx, new: Connection) -> None:
    """A new connection; the caller has made sure that key and name are free."""
    await tx.execute(
        insert(connections).values(
            id=new.id,
            tenant_id=new.tenant_id,
            key=new.key,
            name=new.name,
            provider=new.provider,
            settings=new.settings,
            sealed_secrets=new.sealed_secrets,
            state=new.state,
            revision=new.revision,
            created_at=new.created_at,
            updated_at=new.updated_at,
        )
    )


async def change(tx: Tx, known: Connection, wanted: Connection, now: datetime) -> Connection | None:
    """Make name, settings, secrets and state as `wanted`; None if it was changed since `known` was read."""
    changed = await tx.execute(
        update(connections)
        .where(connections.c.id == known.id, connections.c.revision == known.revision)
        .values(
            name=wanted.name,
            settings=wanted.settings,
            sealed_secrets=wanted.sealed_secrets,
            state=wanted.state,
            revision=known.revision + 1,
            updated_at=now,
        )
        .returning(*connections.c)
    )
    row = changed.first()
    return None if row is None else to_connection(row)


async def keep_health(
    tx: Tx, known: Connection, report: Mapping[str, Any], now: datetime, again_at: datetime
) -> None:
    """The last report, unless the settings that it is about were changed meanwhile."""
    same = and_(connections.c.id == known.id, connections.c.revision == known.revision)
    values = {"health": dict(report), "checked_at": now, "check_at": again_at}
    await tx.execute(update(connections).where(same).values(values))


async def hasten(tx: Tx, now: datetime, not_since: datetime) -> None:
    """Healthy connections with a deed that failed after their last check are due now; at most once per
    `not_since`, for a failing meeting may be the meeting's fault."""
    failing = (
        select(meetings.c.id)
        .where(
            meetings.c.connection_id == connections.c.id,
            meetings.c.last_error != "",
            meetings.c.last_tried_at > connections.c.checked_at,
        )
        .correlate(connections)
        .exists()
    )
    await tx.execute(
        update(connections)
        .where(
            connections.c.state == State.ACTIVE,
            connections.c.checked_at < not_since,
            connections.c.check_at > now,
            failing,
        )
        .values(check_at=now)
    )


async def claim_due(tx: Tx, now: datetime, held_until: datetime, limit: int) -> list[Connection]:
    """Active connections whose check is due, put aside for other processes until `held_until`."""
    due = or_(connections.c.check_at.is_(None), connections.c.check_at <= now)
    query = select(connections).where(connections.c.state == State.ACTIVE, due)
    query = query.order_by(connections.c.check_at, connections.c.id).limit(limit)
    found = [to_connection(row) for row in await tx.execute(query.with_for_update(skip_locked=True))]
    ids = [row.id for row in found]
    await tx.execute(update(connections).where(connections.c.id.in_(ids)).values(check_at=held_until))
    return found


def to_connection(row: Row[Any]) -> Connection:
    """A row of the table as it leaves this room."""
    return Connection(
        id=row.id,
        tenant_id=row.tenant_id,
        key=row.key,
        name=row.name,
        provider=row.provider,
        settings=row.settings,
        sealed_secrets=row.sealed_secrets,
        state=State(row.state),
        revision=row.revision,
        health=row.health,
        checked_at=row.checked_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
