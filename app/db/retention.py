"""What is of no use any more: expired logins, invitations, secrets, tokens."""

from datetime import datetime

from sqlalchemy import delete

from app.db import logins, tokens
from app.db.database import Tx
from app.db.tables import client_secrets, invitations


async def forget(tx: Tx, now: datetime, idle_since: datetime) -> None:
    """Drop what refuses itself by now."""
    await tokens.forget_expired(tx, now)
    await logins.forget_expired(tx, now, idle_since)
    await tx.execute(delete(invitations).where(invitations.c.expires_at < now))
    await tx.execute(delete(client_secrets).where(client_secrets.c.expires_at < now))
