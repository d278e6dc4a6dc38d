"""Giving up what no key opens any more, so that the service can go on without it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Update, case, delete, update

from app.db import tables
from app.db.database import Tx
from app.domain.meeting import MeetingState


async def give_up(tx: Tx, word: str, row_id: Any, now: datetime) -> None:
    """Let go of what is sealed in the row `<word>:<row id>` (see SEALED in app/db/keys.py)."""
    match word:
        case "key":
            await tx.execute(delete(tables.keys).where(tables.keys.c.id == row_id))
        case "connection":
            pass  # it stays until its form is filled in again; nobody else can know the password
        case "meeting":
            await tx.execute(_meeting(row_id, now))
        case "push":
            await tx.execute(delete(tables.parked_pushes).where(tables.parked_pushes.c.id == row_id))
        case _:
            raise ValueError(f"nobody has said how to go on without what is sealed in {word}")


def _meeting(row_id: Any, now: datetime) -> Update:
    """Its name there is not known any more: it is looked for by its marker, as after a lost answer."""
    rows = tables.meetings
    over = rows.c.state == MeetingState.CANCELLED
    return (
        update(rows)
        .where(rows.c.id == row_id)
        .values(
            sealed_ref=None,
            state=case((over, rows.c.state), else_=MeetingState.UNCERTAIN),
            next_try_at=case((over, rows.c.next_try_at), else_=now),
            pending_since=case((over, rows.c.pending_since), else_=now),
            parked_at=None,
            updated_at=now,
        )
    )
