"""What users were given: roles, and single permissions with their constraint."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select

from app.db.database import Tx
from app.db.tables import grants
from app.domain.actor import Constraint, Grant, bundled
from app.domain.permissions import ROLES, Scope


@dataclass(frozen=True, slots=True)
class Given:
    """One line of what a user was given: a role, or a single permission.

    `from_groups`: the company's sign-in said so when this user last came; not given here.
    """

    id: UUID
    user_id: UUID
    role: str | None
    grant: Grant | None
    from_groups: bool = False

    @property
    def grants(self) -> tuple[Grant, ...]:
        """The permissions behind it; a role that this version does not know opens nothing."""
        if self.grant is not None:
            return (self.grant,)
        return bundled(self.role) if self.role in ROLES else ()


async def of_users(tx: Tx, user_ids: Collection[UUID]) -> dict[UUID, list[Given]]:
    """Every line of these users, in the order in which they were given."""
    query = select(grants).where(grants.c.user_id.in_(user_ids)).order_by(grants.c.created_at, grants.c.id)
    found: dict[UUID, list[Given]] = defaultdict(list)
    for row in await tx.execute(query):
        single = None if row.scope is None else Grant(Scope(row.scope), _opened(row.constraint))
        found[row.user_id].append(Given(row.id, row.user_id, row.role, single, row.from_groups))
    return found


async def add(tx: Tx, user_id: UUID, what: str | Grant, now: datetime) -> None:
    """Give a role, or a single permission."""
    single = None if isinstance(what, str) else what
    await tx.execute(
        insert(grants).values(
            id=uuid4(),
            user_id=user_id,
            role=what if isinstance(what, str) else None,
            scope=single and str(single.scope),
            constraint=single and single.constraint and _closed(single.constraint),
            from_groups=False,
            created_at=now,
        )
    )


async def replace_from_groups(tx: Tx, user_id: UUID, roles: Collection[str], now: datetime) -> None:
    """The roles that the company's groups give from now on, instead of all that they gave before."""
    await tx.execute(delete(grants).where(grants.c.user_id == user_id, grants.c.from_groups))
    for role in roles:
        line = {"id": uuid4(), "user_id": user_id, "role": role, "from_groups": True, "created_at": now}
        await tx.execute(insert(grants).values(**line))


async def remove(tx: Tx, user_id: UUID, grant_id: UUID) -> bool:
    """Whether there was such a line of this user."""
    gone = await tx.execute(delete(grants).where(grants.c.id == grant_id, grants.c.user_id == user_id))
    return bool(gone.rowcount)


def _closed(constraint: Constraint) -> dict[str, Any]:
    return {
        "instructors": sorted(constraint.instructors),
        "vendors": sorted(str(vendor) for vendor in constraint.vendors),
        "own_classes": constraint.own_classes,
        "own_vendors": constraint.own_vendors,
    }


def _opened(stored: dict[str, Any] | None) -> Constraint | None:
    if stored is None:
        return None
    return Constraint(
        frozenset(stored["instructors"]),
        frozenset(UUID(vendor) for vendor in stored["vendors"]),
        stored["own_classes"],
        stored["own_vendors"],
    )
