"""Answers kept under a caller's Idempotency-Key: claimed first, filled in when the deed is done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, select, update

from app.db.database import Tx, insert
from app.db.tables import answers


@dataclass(frozen=True, slots=True)
class Slot:
    """Where an answer is kept: a key means something only within one actor of one tenant."""

    tenant_id: UUID
    actor: str
    key: str


@dataclass(frozen=True, slots=True)
class Row:
    """`request`: the digest of what was asked. `status` None: still being done. `body` is sealed."""

    request: bytes
    created_at: datetime
    status: int | None
    headers: dict[str, str]
    body: bytes


async def claim(tx: Tx, slot: Slot, request: bytes, now: datetime) -> bool:
    """Whether nobody had this slot."""
    row = insert(tx, answers).values(
        tenant_id=slot.tenant_id, actor=slot.actor, key=slot.key, request=request, created_at=now
    )
    return bool((await tx.execute(row.on_conflict_do_nothing())).rowcount)


async def find(tx: Tx, slot: Slot) -> Row | None:
    row = (await tx.execute(select(answers).where(_is(slot)))).one_or_none()
    if row is None:
        return None
    return Row(row.request, row.created_at, row.status, row.headers or {}, row.body or b"")


async def fill(tx: Tx, slot: Slot, status: int, headers: dict[str, Any], body: bytes) -> None:
    await tx.execute(update(answers).where(_is(slot)).values(status=status, headers=headers, body=body))


async def remove(tx: Tx, slot: Slot) -> None:
    await tx.execute(delete(answers).where(_is(slot)))


async def forget(tx: Tx, kept_since: datetime, begun_since: datetime) -> None:
    """Drop what is older, and what was begun before `begun_since` and never finished."""
    await tx.execute(delete(answers).where(answers.c.created_at < kept_since))
    await tx.execute(delete(answers).where(answers.c.created_at < begun_since, answers.c.status.is_(None)))


def _is(slot: Slot) -> ColumnElement[bool]:
    return and_(
        answers.c.tenant_id == slot.tenant_id, answers.c.actor == slot.actor, answers.c.key == slot.key
    )
