"""Rows of provider tickets: one for each connection and place to sign in, and who is signing in there."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, select, update

from app.db.database import Tx, insert
from app.db.tables import provider_tickets


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a ticket comes from: it serves one `revision` of a connection's settings and no other."""

    connection_id: UUID
    revision: int
    name: str


@dataclass(frozen=True, slots=True)
class TicketRow:
    """`claimed_until`: somebody signs in until then. `left_alone_until`: the account was refused."""

    revision: int
    sealed: bytes | None
    expires_at: datetime | None
    claimed_until: datetime | None
    left_alone_until: datetime | None


async def find(tx: Tx, desk: Desk) -> TicketRow | None:
    """The row of the desk, of whatever revision."""
    row = (await tx.execute(select(provider_tickets).where(_named(desk)))).first()
    if row is None:
        return None
    return TicketRow(row.revision, row.sealed, row.expires_at, row.claimed_until, row.left_alone_until)


async def lock(tx: Tx, desk: Desk) -> TicketRow:
    """The row, made if there is none, nobody else's until `tx` ends. Rows of older settings are forgotten."""
    older = provider_tickets.c.revision < desk.revision
    mine = provider_tickets.c.connection_id == desk.connection_id
    await tx.execute(delete(provider_tickets).where(mine, older))
    blank = insert(tx, provider_tickets).values(
        connection_id=desk.connection_id, name=desk.name, revision=desk.revision
    )
    await tx.execute(blank.on_conflict_do_nothing())
    await tx.execute(select(provider_tickets.c.name).where(_named(desk)).with_for_update())
    row = await find(tx, desk)
    assert row is not None, "it was just made, and it is locked"
    return row


async def claim(tx: Tx, desk: Desk, claim: UUID, until: datetime) -> None:
    """Whoever holds `claim` signs in, until `until` at the latest. The row must be locked."""
    await tx.execute(update(provider_tickets).where(_named(desk)).values(claim=claim, claimed_until=until))


async def keep(tx: Tx, desk: Desk, claim: UUID, sealed: bytes, expires_at: datetime) -> bool:
    """Keep the new ticket and give the claim back; False where the claim was lost meanwhile."""
    kept = await tx.execute(
        update(provider_tickets)
        .where(_held(desk, claim))
        .values(sealed=sealed, expires_at=expires_at, claim=None, claimed_until=None, left_alone_until=None)
    )
    return kept.rowcount == 1


async def release(tx: Tx, desk: Desk, claim: UUID, left_alone_until: datetime | None) -> None:
    """The sign-in failed: give the claim back; nobody tries before `left_alone_until`."""
    await tx.execute(
        update(provider_tickets)
        .where(_held(desk, claim))
        .values(claim=None, claimed_until=None, left_alone_until=left_alone_until)
    )


def _named(desk: Desk) -> ColumnElement[bool]:
    return and_(provider_tickets.c.connection_id == desk.connection_id, provider_tickets.c.name == desk.name)


def _held(desk: Desk, claim: UUID) -> ColumnElement[bool]:
    return and_(_named(desk), provider_tickets.c.revision == desk.revision, provider_tickets.c.claim == claim)
