"""One at a time across all processes, for the few deeds where "look, then insert" must not be done twice."""

from sqlalchemy import func, select

from app.db.database import Tx


async def take_turn(tx: Tx, subject: str) -> None:
    """Wait until no other transaction has its turn on `subject`; the turn ends with `tx`.

    SQLite needs nothing: its only writer is `tx` already.
    """
    if tx.dialect.name == "postgresql":
        await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"vilt {subject}", 0))))
