"""API clients and the digests of their secrets."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, Select, Text, and_, delete, func, insert, or_, select, update

from app.db.asked import MOMENT, Columns, asked, rows
from app.db.database import Tx
from app.db.lane import Lane, Statement, as_uuid, written
from app.db.tables import client_secrets, clients, connections, tenants


@dataclass(frozen=True, slots=True)
class Client:
    """An API credential holder with what decides whether it may come in. `scopes` as granted."""

    id: str
    tenant_id: UUID
    connection_id: UUID
    scopes: frozenset[str]
    revoked: bool
    connection_active: bool


@dataclass(frozen=True, slots=True)
class ListedClient:
    """A client as an operator sees it. `secrets` work now, the older of two until its end."""

    id: str
    name: str
    tenant: str
    connection: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None
    secrets: int
    old_secret_until: datetime | None


@dataclass(frozen=True, slots=True)
class NewRow:
    """What is stored of a new client."""

    id: str
    tenant_id: UUID
    connection_id: UUID
    name: str
    scopes: Iterable[str]


def client_query() -> Select[Any]:
    """The columns that `to_client` reads, for every query that asks who somebody is."""
    return select(
        clients.c.id,
        clients.c.tenant_id,
        clients.c.connection_id,
        clients.c.scopes,
        clients.c.revoked_at,
        connections.c.state,
    ).join_from(clients, connections, connections.c.id == clients.c.connection_id)


def to_client(row: Row[Any]) -> Client:
    """A row of `client_query` as a value."""
    return _client(row.id, row.tenant_id, row.connection_id, row.scopes, row.revoked_at, row.state)


def _client(id_: str, tenant_id: Any, connection_id: Any, scopes: str, revoked: Any, state: str) -> Client:
    return Client(
        id=id_,
        tenant_id=as_uuid(tenant_id),
        connection_id=as_uuid(connection_id),
        scopes=frozenset(scopes.split()),
        revoked=revoked is not None,
        connection_active=state == "active",
    )


async def find(lane: Lane, ids: Collection[str], now: datetime) -> dict[str, tuple[Client, list[bytes]]]:
    """The clients of these ids, each with the digests of its secrets that work now; one query for all."""
    found: dict[str, tuple[Client, list[bytes]]] = {}
    values = rows(lane.dialect, _SOUGHT, [(one, now) for one in ids])
    for *columns, digest in await lane.fetch(_found(lane.dialect), values):
        client = _client(*columns)
        _, digests = found.setdefault(client.id, (client, []))
        if digest is not None:
            digests.append(digest)
    return found


_SOUGHT: Columns = {"id": Text(), "now": MOMENT}


@cache  # asked for on every call of the LMS
def _found(dialect: str) -> Statement:
    table = asked(dialect, _SOUGHT)
    alive = and_(client_secrets.c.client_id == clients.c.id, _lives(table.c.now))
    query = client_query().join(table, table.c.id == clients.c.id)
    return written(dialect, query.outerjoin(client_secrets, alive).add_columns(client_secrets.c.digest))


def _lives(now: Any) -> Any:
    return or_(client_secrets.c.expires_at.is_(None), client_secrets.c.expires_at > now)


async def listed(tx: Tx, now: datetime, client_id: str | None = None) -> list[ListedClient]:
    """Every client (or the one asked for), by name."""
    query = _listing(now).order_by(clients.c.name, clients.c.id)
    if client_id is not None:
        query = query.where(clients.c.id == client_id)
    return [_listed(row) for row in await tx.execute(query)]


async def page(tx: Tx, tenant_id: UUID, now: datetime, after: str | None, limit: int) -> list[ListedClient]:
    """The tenant's next clients behind the id `after`."""
    query = _listing(now).where(clients.c.tenant_id == tenant_id)
    if after is not None:
        query = query.where(clients.c.id > after)
    return [_listed(row) for row in await tx.execute(query.order_by(clients.c.id).limit(limit))]


async def find_listed(tx: Tx, tenant_id: UUID, client_id: str, now: datetime) -> ListedClient | None:
    """The tenant's client; another tenant's is not found."""
    mine = and_(clients.c.tenant_id == tenant_id, clients.c.id == client_id)
    row = (await tx.execute(_listing(now).where(mine))).first()
    return None if row is None else _listed(row)


def _listing(now: datetime) -> Select[Any]:
    alive = and_(client_secrets.c.client_id == clients.c.id, _lives(now))
    return (
        select(
            clients,
            tenants.c.key.label("tenant"),
            connections.c.key.label("connection"),
            func.count(client_secrets.c.id).label("secrets"),
            func.max(client_secrets.c.expires_at).label("old_secret_until"),
        )
        .join_from(clients, tenants, tenants.c.id == clients.c.tenant_id)
        .join(connections, connections.c.id == clients.c.connection_id)
        .outerjoin(client_secrets, alive)
        .group_by(*clients.c, tenants.c.key, connections.c.key)
    )


def _listed(row: Row[Any]) -> ListedClient:
    return ListedClient(
        id=row.id,
        name=row.name,
        tenant=row.tenant,
        connection=row.connection,
        scopes=tuple(row.scopes.split()),
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        secrets=row.secrets,
        old_secret_until=row.old_secret_until,
    )


async def any_living(tx: Tx, connection_id: UUID, now: datetime) -> bool:
    """Whether the connection has a client that can come in."""
    query = (
        select(clients.c.id)
        .join_from(clients, client_secrets, client_secrets.c.client_id == clients.c.id)
        .where(clients.c.connection_id == connection_id, clients.c.revoked_at.is_(None), _lives(now))
        .limit(1)
    )
    return (await tx.execute(query)).first() is not None


async def add(tx: Tx, row: NewRow, now: datetime) -> None:
    await tx.execute(
        insert(clients).values(
            id=row.id,
            tenant_id=row.tenant_id,
            connection_id=row.connection_id,
            name=row.name,
            scopes=" ".join(row.scopes),
            created_at=now,
        )
    )


async def add_secret(tx: Tx, client_id: str, digest: bytes, now: datetime) -> None:
    """One more secret, in use without an end."""
    await tx.execute(
        insert(client_secrets).values(id=uuid4(), client_id=client_id, digest=digest, created_at=now)
    )


async def end_secrets(tx: Tx, client_id: str, at: datetime) -> None:
    """Let the secret in use end at `at`; the ones that were ending already are gone at once."""
    mine = client_secrets.c.client_id == client_id
    await tx.execute(delete(client_secrets).where(mine, client_secrets.c.expires_at.is_not(None)))
    await tx.execute(update(client_secrets).where(mine).values(expires_at=at))


async def revoke(tx: Tx, client_id: str, now: datetime) -> None:
    """Close the client for good and forget its secrets; repeated, the first moment stays."""
    await tx.execute(delete(client_secrets).where(client_secrets.c.client_id == client_id))
    await tx.execute(
        update(clients)
        .where(clients.c.id == client_id, clients.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
