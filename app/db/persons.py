"""One person under all their addresses: renames followed, spellings found."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select

from app.db.database import Tx
from app.db.tables import instructor_renames, sessions, users
from app.domain.people import person_key


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody by all person keys that are theirs (renames followed); `whos`: as the actor of deeds, proven
    and unproven."""

    tenant_id: UUID
    keys: frozenset[str]
    user_ids: frozenset[UUID] = frozenset()
    whos: frozenset[str] = frozenset()
    spellings: frozenset[str] = frozenset()


async def find(tx: Tx, tenant_id: UUID, email: str) -> Person:
    """Everything by which this person is named in the tenant."""
    keys = await _renamed(tx, tenant_id, {person_key(email)})
    person = Person(tenant_id, frozenset(keys))
    rows = (
        await tx.execute(select(users).where(users.c.tenant_id == tenant_id, users.c.email_key.in_(keys)))
    ).all()
    created = select(sessions.c.creator_email).where(sessions.c.tenant_id == tenant_id).distinct()
    spelled = [text for text in (await tx.scalars(created)).all() if person_key(text) in keys]
    names = {email.strip(), *(row.email for row in rows)}
    return replace(
        person,
        user_ids=frozenset(row.id for row in rows),
        whos=frozenset(f"{kind}:{name}" for kind in ("user", "unproven") for name in names),
        spellings=frozenset(spelled),
    )


async def _renamed(tx: Tx, tenant_id: UUID, keys: set[str]) -> set[str]:
    """All addresses that these have ever had, or have now."""
    table = instructor_renames
    while True:
        query = select(table).where(table.c.tenant_id == tenant_id)
        rows = (await tx.execute(query)).all()
        more = set(keys)
        for row in rows:
            both = {row.old_key, person_key(row.new_email)}
            if both & more:
                more |= both
        if more == keys:
            return keys
        keys = more
