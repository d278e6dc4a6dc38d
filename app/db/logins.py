"""Who is signed in: one row per browser, found by the digest of what its cookie holds."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, or_, select, update

from app.db.database import Tx
from app.db.tables import logins, users


@dataclass(frozen=True, slots=True)
class Login:
    """A browser that is signed in, and whom it speaks for.

    `hint`: the ID token of the company's sign-in, sealed; None for a login by password.
    """

    digest: bytes
    user_id: UUID
    tenant_id: UUID
    email: str
    name: str
    address: str
    created_at: datetime
    seen_at: datetime
    hint: bytes | None = field(default=None, repr=False)


async def add(tx: Tx, login: Login, expires_at: datetime) -> None:
    await tx.execute(
        insert(logins).values(
            digest=login.digest,
            user_id=login.user_id,
            address=login.address,
            created_at=login.created_at,
            seen_at=login.seen_at,
            expires_at=expires_at,
            sealed_hint=login.hint,
        )
    )


async def find(tx: Tx, digest: bytes, now: datetime, idle_since: datetime) -> Login | None:
    """The login, unless it has expired, was idle since `idle_since`, or its user is gone or inactive."""
    query = (
        select(logins, users.c.tenant_id, users.c.email, users.c.name)
        .join_from(logins, users, users.c.id == logins.c.user_id)
        .where(logins.c.digest == digest, logins.c.expires_at > now, logins.c.seen_at > idle_since)
        .where(users.c.active)
    )
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        return None
    return Login(
        row.digest,
        row.user_id,
        row.tenant_id,
        row.email,
        row.name,
        row.address,
        row.created_at,
        row.seen_at,
        row.sealed_hint,
    )


async def see(tx: Tx, digest: bytes, now: datetime) -> None:
    """The browser is still in use."""
    await tx.execute(update(logins).where(logins.c.digest == digest).values(seen_at=now))


async def end(tx: Tx, digest: bytes) -> None:
    await tx.execute(delete(logins).where(logins.c.digest == digest))


async def end_all(tx: Tx, user_id: UUID) -> None:
    """Every browser of this user is signed out."""
    await tx.execute(delete(logins).where(logins.c.user_id == user_id))


async def forget_expired(tx: Tx, now: datetime, idle_since: datetime) -> None:
    await tx.execute(delete(logins).where(or_(logins.c.expires_at <= now, logins.c.seen_at <= idle_since)))
