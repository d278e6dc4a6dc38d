"""The secret addresses of calendars: one per user, kept as a digest."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update

from app.db.database import Tx, insert
from app.db.tables import calendar_feeds


@dataclass(frozen=True, slots=True)
class Feed:
    """An address that works. `read_at`: when a calendar last asked, to the hour; None: never yet."""

    user_id: UUID
    created_at: datetime
    read_at: datetime | None


async def of_user(tx: Tx, user_id: UUID) -> Feed | None:
    row = (await tx.execute(select(calendar_feeds).where(calendar_feeds.c.user_id == user_id))).first()
    return None if row is None else Feed(row.user_id, row.created_at, row.read_at)


async def find(tx: Tx, digest: bytes) -> Feed | None:
    """The feed behind an address."""
    row = (await tx.execute(select(calendar_feeds).where(calendar_feeds.c.digest == digest))).first()
    return None if row is None else Feed(row.user_id, row.created_at, row.read_at)


async def put(tx: Tx, user_id: UUID, digest: bytes, now: datetime) -> None:
    """The user's address from now on; the one before it leads nowhere any more."""
    values = {"digest": digest, "created_at": now, "read_at": None}
    row = insert(tx, calendar_feeds).values(user_id=user_id, **values)
    await tx.execute(row.on_conflict_do_update(index_elements=["user_id"], set_=values))


async def remove(tx: Tx, user_id: UUID) -> bool:
    """Whether there was one."""
    gone = await tx.execute(delete(calendar_feeds).where(calendar_feeds.c.user_id == user_id))
    return bool(gone.rowcount)


async def note_reading(tx: Tx, user_id: UUID, now: datetime) -> None:
    mine = update(calendar_feeds).where(calendar_feeds.c.user_id == user_id)
    await tx.execute(mine.values(read_at=now))
