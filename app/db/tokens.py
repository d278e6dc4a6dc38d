"""Access tokens that were revoked before their time, and who holds a token."""

from datetime import datetime

from sqlalchemy import delete, exists, select

from app.db.clients import Client, client_query, to_client
from app.db.database import Tx, insert
from app.db.tables import clients, revoked_tokens


async def find_holder(tx: Tx, client_id: str, jti: str) -> Client | None:
    """The client that a token was made for, as it stands now; None when the token was revoked. One query."""
    revoked = exists(select(revoked_tokens.c.jti).where(revoked_tokens.c.jti == jti))
    row = (await tx.execute(client_query().where(clients.c.id == client_id, ~revoked))).one_or_none()
    return None if row is None else to_client(row)


async def revoke(tx: Tx, jti: str, expires_at: datetime) -> None:
    """Remember the token until it would have expired; repeated, nothing changes."""
    row = insert(tx, revoked_tokens).values(jti=jti, expires_at=expires_at)
    await tx.execute(row.on_conflict_do_nothing())


async def forget_expired(tx: Tx, now: datetime) -> None:
    """Drop what refuses itself by now."""
    await tx.execute(delete(revoked_tokens).where(revoked_tokens.c.expires_at < now))
