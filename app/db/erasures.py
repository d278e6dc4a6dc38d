"""Who was erased, by digests of their addresses: nothing here tells an address."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.db.database import Tx, insert
from app.db.tables import erasures

AT_ONCE = 500


async def remember(
    tx: Tx, tenant_id: UUID, digests: Collection[bytes], pseudonym: str, now: datetime
) -> None:
    """Whoever has one of these digests is the pseudonym in every class that ended before `now`."""
    for digest in sorted(digests):
        row = {"tenant_id": tenant_id, "digest": digest, "pseudonym": pseudonym, "erased_at": now}
        again = {"pseudonym": pseudonym, "erased_at": now}
        new = insert(tx, erasures).values(**row)
        await tx.execute(new.on_conflict_do_update(index_elements=["tenant_id", "digest"], set_=again))


async def since(tx: Tx, tenant_id: UUID, digests: Collection[bytes], ended_at: datetime) -> dict[bytes, str]:
    """The pseudonyms of those among them who were erased after a class that ended then."""
    found: dict[bytes, str] = {}
    wanted = sorted(digests)
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        query = select(erasures.c.digest, erasures.c.pseudonym).where(
            erasures.c.tenant_id == tenant_id, erasures.c.digest.in_(some), erasures.c.erased_at > ended_at
        )
        found |= {row.digest: row.pseudonym for row in await tx.execute(query)}
    return found
