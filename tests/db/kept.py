"""What is kept as evidence, read back."""

from uuid import UUID

from sqlalchemy import select

from app.db.tables import evidence
from app.domain.attendance import Evidence, Kind
from app.wiring import House


async def kept(house: House, session_id: UUID) -> list[Evidence]:
    """All of a class that counts: openings and presence, in the order of their keeping."""
    query = select(evidence).where(evidence.c.session_id == session_id, evidence.c.superseded_at.is_(None))
    async with house.db.read() as tx:
        found = await tx.execute(query.order_by(evidence.c.id))
    return [
        Evidence(row.email, Kind(row.kind), row.started_at, row.ended_at, row.source, row.instance)
        for row in found
    ]


async def stays(house: House, session_id: UUID) -> list[Evidence]:
    """Who was present."""
    return [one for one in await kept(house, session_id) if one.kind is Kind.PRESENT]
