"""What is of no use any more: expired logins, invitations, secrets, tokens; evidence in its time."""

from datetime import datetime

from sqlalchemy import delete

from app.db import logins, tokens
from app.db.database import Tx
from app.db.tables import client_secrets, evidence, invitations, launches


async def forget(tx: Tx, now: datetime, idle_since: datetime) -> None:
    """Drop what refuses itself by now."""
    await tokens.forget_expired(tx, now)
    await logins.forget_expired(tx, now, idle_since)
    await tx.execute(delete(invitations).where(invitations.c.expires_at < now))
    await tx.execute(delete(client_secrets).where(client_secrets.c.expires_at < now))


async def forget_evidence(tx: Tx, kept_since: datetime) -> int:
    """Drop launches and attendance recorded before `kept_since`. Says how many rows that were."""
    seen = await tx.execute(delete(evidence).where(evidence.c.recorded_at < kept_since))
    asked = await tx.execute(delete(launches).where(launches.c.asked_at < kept_since))
    return seen.rowcount + asked.rowcount
