"""ILT vendors: listed with state and origin, made and changed by hand; a connector switches its own."""

from dataclasses import dataclass, replace
from uuid import UUID

from app.db import vendors
from app.db.database import Database
from app.db.turns import take_turn
from app.db.vendors import Sought as Sought
from app.db.vendors import Vendor as Vendor
from app.domain.actor import Actor
from app.domain.clock import Clock
from app.domain.errors import Conflict, NotFound, Stale
from app.domain.permissions import Scope
from app.domain.vendor import Origin, vendor_name
from app.services.audit import Audit
from app.services.searching import sought

ELSEWHERE = (
    "This vendor was made by an integration. It is switched on and off with it: go to Edge Integrate and "
    "deactivate the integration there."
)


@dataclass(frozen=True, slots=True)
class VendorChange:
    """What shall be otherwise; None stays."""

    name: str | None = None
    active: bool | None = None


class Vendors:
    """The tenant's vendors. `expected` is the revision that a deed is based on; None takes what is there."""

    def __init__(self, db: Database, audit: Audit, clock: Clock) -> None:
        self._db, self._audit, self._clock = db, audit, clock

    async def page(
        self, actor: Actor, wanted: Sought, after: tuple[str, UUID] | None, limit: int
    ) -> list[Vendor]:
        """The next vendors behind `after` (a vendor's `place`), by name."""
        actor.require(Scope.ILT_VENDORS_VIEW)
        wanted = replace(wanted, name=sought(wanted.name))
        async with self._db.read() as tx:
            return await vendors.page(tx, actor.tenant_id, wanted, after, limit)

    async def get(self, actor: Actor, vendor_id: UUID) -> Vendor:
        """One vendor. Raises NotFound, for another tenant's too."""
        actor.require(Scope.ILT_VENDORS_VIEW)
        async with self._db.read() as tx:
            found = await vendors.find(tx, actor.tenant_id, vendor_id)
        return _there(found)

    async def create(self, actor: Actor, name: str) -> Vendor:
        """A vendor made by hand. Raises InvalidRequest, or Conflict where the name is taken."""
        actor.require(Scope.ILT_VENDORS_CREATE)
        name = vendor_name(name)
        async with self._db.begin() as tx:
            await take_turn(tx, f"connections {actor.tenant_id}")
            if await vendors.find_named(tx, actor.tenant_id, name):
                raise Conflict(f"There is a vendor named {name} already.")
            made = await vendors.add(tx, actor.tenant_id, name, None, self._clock())
            await self._audit.note(
                tx, actor, action="vendor.created", subject=f"vendor:{made.id}", after=_shown(made)
            )
        return made

    async def change(
        self, actor: Actor, vendor_id: UUID, change: VendorChange, expected: int | None = None
    ) -> Vendor:
        """Another name, or another state.

        Raises Conflict where the name is taken, or the state of a connector's vendor is asked for; Stale,
        NotFound.
        """
        actor.require(Scope.ILT_VENDORS_UPDATE)
        async with self._db.begin() as tx:
            await take_turn(tx, f"connections {actor.tenant_id}")
            known = _there(await vendors.find(tx, actor.tenant_id, vendor_id))
            if expected is not None and known.revision != expected:
                raise Stale
            name = known.name if change.name is None else vendor_name(change.name)
            active = known.active if change.active is None else change.active
            if known.origin is Origin.CONNECTOR and active != known.active:
                raise Conflict(ELSEWHERE)
            other = await vendors.find_named(tx, actor.tenant_id, name)
            if other is not None and other.id != known.id:
                raise Conflict(f"There is a vendor named {name} already.")
            if (name, active) == (known.name, known.active):
                return known
            stored = await vendors.change(tx, known, name, active, self._clock())
            if stored is None:
                raise Stale
            await self._audit.note(
                tx,
                actor,
                action="vendor.changed",
                subject=f"vendor:{known.id}",
                before=_shown(known),
                after=_shown(stored),
            )
        return stored


def _there(found: Vendor | None) -> Vendor:
    if found is None:
        raise NotFound("There is no such vendor.")
    return found


def _shown(vendor: Vendor) -> dict[str, object]:
    return {"name": vendor.name, "active": vendor.active, "origin": vendor.origin}
