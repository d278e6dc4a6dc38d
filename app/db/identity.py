"""Who a user is at the company's own sign-in: one row for each issuer and subject."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from app.db.database import Tx, insert
from app.db.tables import identities


async def find(tx: Tx, issuer: str, subject: str) -> UUID | None:
    """The user behind this subject."""
    mine = (identities.c.issuer == issuer, identities.c.subject == subject)
    return await tx.scalar(select(identities.c.user_id).where(*mine))


async def is_linked(tx: Tx, issuer: str, user_id: UUID) -> bool:
    """Whether this user is somebody at that issuer already."""
    mine = (identities.c.issuer == issuer, identities.c.user_id == user_id)
    return await tx.scalar(select(identities.c.user_id).where(*mine).limit(1)) is not None


async def link(tx: Tx, issuer: str, subject: str, user_id: UUID, now: datetime) -> None:
    row = {"issuer": issuer, "subject": subject, "user_id": user_id, "created_at": now, "seen_at": now}
    await tx.execute(insert(tx, identities).values(**row))


async def see(tx: Tx, issuer: str, subject: str, now: datetime) -> None:
    """This subject signed in."""
    mine = (identities.c.issuer == issuer, identities.c.subject == subject)
    await tx.execute(update(identities).where(*mine).values(seen_at=now))
