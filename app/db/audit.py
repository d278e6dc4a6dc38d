"""The audit trail's rows: added and searched, never changed; the head of a tenant's chain is a lock."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select, update

from app.db.database import Tx, insert
from app.db.tables import audit, audit_heads, tenants


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: number and hash of its last row."""

    number: int
    hash: str

    @classmethod
    def first(cls, tenant_id: UUID) -> "Head":
        """What a chain begins with: the tenant's id, so that no chain fits another tenant."""
        return cls(0, str(tenant_id))


@dataclass(frozen=True, slots=True)
class Record:
    """One deed as stored. `details` is canonical JSON of what was before and after.

    `digest` covers actor, address and details under `salt`; `hash` covers the rest, the digest and the hash
    before. An erased row keeps both, so that the chain stays whole.
    """

    number: int
    at: datetime
    actor: str
    address: str
    action: str
    subject: str
    details: str
    salt: str
    digest: str
    hash: str
    erased: bool = False


_STORED = tuple(one.name for one in fields(Record) if one.name != "erased")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched: part of the actor's name, the beginning of action and subject, from – until."""

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


async def lock_head(tx: Tx, tenant_id: UUID) -> Head:
    """The end of the tenant's chain; no other transaction adds to it until `tx` ends."""
    first = Head.first(tenant_id)
    new = insert(tx, audit_heads).values(tenant_id=tenant_id, number=first.number, hash=first.hash)
    await tx.execute(new.on_conflict_do_nothing(index_elements=["tenant_id"]))
    mine = select(audit_heads).where(audit_heads.c.tenant_id == tenant_id)
    row = (await tx.execute(mine.with_for_update())).one()
    return Head(row.number, row.hash)


async def find_head(tx: Tx, tenant_id: UUID) -> Head:
    """The end of the tenant's chain at this moment."""
    row = (await tx.execute(select(audit_heads).where(audit_heads.c.tenant_id == tenant_id))).first()
    return Head.first(tenant_id) if row is None else Head(row.number, row.hash)


async def add(tx: Tx, tenant_id: UUID, records: Sequence[Record]) -> None:
    """Put records, chained already, behind the head that `lock_head` gave."""
    if not records:
        return
    written = [{"tenant_id": tenant_id, **{name: getattr(one, name) for name in _STORED}} for one in records]
    await tx.execute(insert(tx, audit), written)
    moved = update(audit_heads).where(audit_heads.c.tenant_id == tenant_id)
    await tx.execute(moved.values(number=records[-1].number, hash=records[-1].hash))


async def walk(tx: Tx, tenant_id: UUID, after: int, limit: int) -> list[Record]:
    """The next records of the chain behind the number `after`, in its order."""
    query = select(audit).where(audit.c.tenant_id == tenant_id, audit.c.number > after)
    return [_record(row) for row in await tx.execute(query.order_by(audit.c.number).limit(limit))]


async def search(tx: Tx, tenant_id: UUID, wanted: Wanted, before: int | None, limit: int) -> list[Record]:
    """The newest records first, those in front of the number `before`."""
    query = select(audit).where(audit.c.tenant_id == tenant_id)
    if before is not None:
        query = query.where(audit.c.number < before)
    query = _narrowed(query, wanted).order_by(audit.c.number.desc()).limit(limit)
    return [_record(row) for row in await tx.execute(query)]


def _narrowed(query: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.actor:
        actor = func.lower(audit.c.actor)
        query = query.where(actor.contains(wanted.actor.lower(), autoescape=True))
    if wanted.action:
        query = query.where(audit.c.action.startswith(wanted.action, autoescape=True))
    if wanted.subject:
        query = query.where(audit.c.subject.startswith(wanted.subject, autoescape=True))
    if wanted.since is not None:
        query = query.where(audit.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(audit.c.at < wanted.until)
    return query


async def chained(tx: Tx) -> Sequence[tuple[UUID, str]]:
    """Every tenant, id and key, by key."""
    rows = await tx.execute(select(tenants.c.id, tenants.c.key).order_by(tenants.c.key))
    return [(row.id, row.key) for row in rows]


def _record(row: Row[Any]) -> Record:
    return Record(
        number=row.number,
        at=row.at,
        actor=row.actor,
        address=row.address,
        action=row.action,
        subject=row.subject,
        details=row.details,
        salt=row.salt,
        digest=row.digest,
        hash=row.hash,
        erased=row.erased_at is not None,
    )
