"""Which sessions a narrowed permission admits, as conditions that each have an index of their own."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, true

from app.db.database import Tx
from app.db.tables import instructors, session_instructors, sessions, vendors
from app.domain.actor import Constraint


@dataclass(frozen=True, slots=True)
class Reach:
    """A constraint made plain: sessions that name one of `taught_by`, those of `connections`, and those of
    `registries` that name nobody (there every active instructor of the registry teaches)."""

    taught_by: frozenset[str]
    connections: frozenset[UUID]
    registries: frozenset[UUID]


async def resolve(tx: Tx, tenant_id: UUID, constraint: Constraint | None, key: str | None) -> Reach | None:
    """None admits everything in the tenant. `key`: the person key of the user who asks."""
    if constraint is None:
        return None
    chosen: set[UUID | None] = set()
    if constraint.vendors:
        query = select(vendors.c.connection_id).where(vendors.c.tenant_id == tenant_id)
        chosen |= set((await tx.scalars(query.where(vendors.c.id.in_(constraint.vendors)))).all())
    if constraint.own_vendors and key:
        chosen |= await _registries(tx, tenant_id, frozenset({key}))
    registries = await _registries(tx, tenant_id, constraint.instructors)
    by_hand = {None}
    return Reach(constraint.instructors, frozenset(c for c in chosen - by_hand if c), frozenset(registries))


def admitted(tenant_id: UUID, reach: Reach | None) -> list[ColumnElement[bool]]:
    """One condition on `sessions` per way in; a session that meets any of them is admitted."""
    mine = sessions.c.tenant_id == tenant_id
    if reach is None:
        return [mine]
    ways = [and_(mine, sessions.c.connection_id == one) for one in sorted(reach.connections)]
    rest = sorted(reach.registries - reach.connections)
    ways += [and_(mine, sessions.c.connection_id == one, sessions.c.unnamed == true()) for one in rest]
    if reach.taught_by:
        ways.append(and_(mine, taught_by(session_instructors.c.email_key.in_(reach.taught_by))))
    return ways


def admits(tenant_id: UUID, reach: Reach | None) -> ColumnElement[bool]:
    """The same as one condition, for a session that is looked up by its id."""
    ways = admitted(tenant_id, reach)
    return or_(*ways) if ways else ~true()


def taught_by(who: ColumnElement[bool]) -> ColumnElement[bool]:
    """Sessions that name somebody of whom `who` is true."""
    named = select(session_instructors.c.session_id).where(who, session_instructors.c.removed_at.is_(None))
    return sessions.c.id.in_(named)


async def _registries(tx: Tx, tenant_id: UUID, keys: frozenset[str]) -> set[UUID]:
    """The connections that have one of these people among their active instructors."""
    if not keys:
        return set()
    query = select(instructors.c.connection_id).where(
        instructors.c.tenant_id == tenant_id, instructors.c.email_key.in_(keys), instructors.c.active
    )
    return {one for one in (await tx.scalars(query)).all() if one is not None}
