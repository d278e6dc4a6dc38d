"""Edge: the Marketplace, where an integration is found and installed, and Integrate, where it is switched."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from app.db import connections, sessions
from app.db.connections import Connection
from app.db.database import Database
from app.domain.actor import Actor
from app.domain.clock import Clock
from app.domain.errors import NotFound
from app.domain.permissions import Scope
from app.domain.vendor import vendor_name
from app.providers.base import Card, CheckReport
from app.services.activation import Activation
from app.services.cards import Abilities, abilities
from app.services.connections import Connections
from app.services.forms import FormField, fields
from app.services.installed import Installed, Integration, Switched, blank

MANAGE, MARKETPLACE = Scope.EDGE_INTEGRATIONS_MANAGE, Scope.EDGE_MARKETPLACE_MANAGE


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider in the Marketplace: its card, its form, and how often it is installed here."""

    card: Card
    abilities: Abilities
    fields: tuple[FormField, ...]
    installed: int


@dataclass(frozen=True, slots=True)
class Change:
    """What an administrator wants otherwise; what is not said stays, and so does a secret typed empty."""

    name: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Integrations:
    """`expected` is the revision that a deed is based on; None takes whatever is there."""

    def __init__(self, db: Database, work: Connections, activation: Activation, clock: Clock) -> None:
        self._db, self._connections = db, work
        self._activation, self._clock = activation, clock
        self._installed = Installed(db, work, activation.base_url)

    async def marketplace(self, actor: Actor) -> list[Offer]:
        """Every discovered provider, by name. Needs one of the two Edge permissions."""
        if not actor.may(MANAGE):
            actor.require(MARKETPLACE)
        async with self._db.read() as tx:
            rows = await connections.all_of(tx, actor.tenant_id)
        return [self._offer(card, rows) for card in self._connections.cards()]

    def _offer(self, card: Card, rows: list[Connection]) -> Offer:
        form = fields(self._connections.kind(card.key).Settings)
        return Offer(card, abilities(card), form, sum(row.provider == card.key for row in rows))

    async def page(self, actor: Actor, after: str | None, limit: int) -> list[Integration]:
        """The next integrations behind the key `after`."""
        actor.require(MANAGE)
        async with self._db.read() as tx:
            rows = await connections.page(tx, actor.tenant_id, after, limit)
        return await self._installed.shown(*rows)

    async def all(self, actor: Actor) -> list[Integration]:
        """Every integration of the tenant, by key."""
        actor.require(MANAGE)
        async with self._db.read() as tx:
            rows = await connections.all_of(tx, actor.tenant_id)
        return await self._installed.shown(*rows)

    async def by_key(self, actor: Actor, key: str) -> Integration:
        """The integration of that key. Raises NotFound."""
        for one in await self.all(actor):
            if one.key == key:
                return one
        raise NotFound(f"There is no connection {key!r}.")

    async def get(self, actor: Actor, connection_id: UUID) -> Integration:
        """One integration. Raises NotFound, for another tenant's too."""
        actor.require(MANAGE)
        return await self._one(await self._installed.known(actor, connection_id))

    async def install(self, actor: Actor, provider: str, name: str | None = None) -> Integration:
        """Put a provider beside the others, not active yet. Without a name: that of the card, numbered.

        Raises NotFound for an unknown provider, Conflict where the name is taken.
        """
        actor.require(MARKETPLACE)
        card = self._connections.card(provider)
        given = vendor_name(name) if name is not None else await self._free_name(actor, card)
        new = blank(actor.tenant_id, card, given, self._clock())
        return await self._one(await self._activation.install(actor, new))

    async def change(
        self, actor: Actor, connection_id: UUID, change: Change, expected: int | None = None
    ) -> Integration:
        """Store another name or other settings. Those of an active one are tried first; if they fail, the
        old ones stay. Raises InvalidSettings, TriedAndFailed, Stale, Conflict, NotFound."""
        actor.require(MANAGE)
        known = await self._installed.known(actor, connection_id, expected)
        wanted = known if change.name is None else replace(known, name=vendor_name(change.name))
        if change.settings:
            form = self._installed.filled(known, change.settings)
            if known.active:
                await self._installed.tried(known, form)
            wanted = self._installed.with_form(wanted, form)
        return await self._one(await self._activation.change(actor, known, wanted, change.settings))

    async def test(self, actor: Actor, connection_id: UUID, typed: Mapping[str, Any]) -> CheckReport:
        """Try the stored settings, with `typed` laid over them, for real. Nothing is stored."""
        actor.require(MANAGE)
        known = await self._installed.known(actor, connection_id)
        return await self._connections.try_out(known.provider, self._installed.filled(known, typed))

    async def activate(self, actor: Actor, connection_id: UUID, expected: int | None = None) -> Switched:
        """Try it for real, then switch on connection and vendor in one deed; a credential if there is none.

        Raises TriedAndFailed, InvalidSettings, Stale, Conflict, NotFound.
        """
        actor.require(MANAGE)
        known = await self._installed.known(actor, connection_id, expected)
        form = self._installed.filled(known, {})
        report = await self._installed.tried(known, form)
        wanted = self._installed.with_form(known, form)
        return await self._installed.switched(await self._activation.activate(actor, known, wanted, report))

    async def classes_to_come(self, actor: Actor, connection_id: UUID) -> int:
        """How many of its classes are scheduled and not over: the links that people hold to them go on
        working when it is deactivated. Raises NotFound."""
        actor.require(MANAGE)
        known = await self._installed.known(actor, connection_id)
        async with self._db.read() as tx:
            return await sessions.count_to_come(tx, known.id, self._clock())

    async def deactivate(self, actor: Actor, connection_id: UUID, expected: int | None = None) -> Integration:
        """Switch off connection and vendor; repeatable. Raises Stale, NotFound."""
        actor.require(MANAGE)
        known = await self._installed.known(actor, connection_id, expected)
        return await self._one(await self._activation.deactivate(actor, known) if known.active else known)

    async def _one(self, row: Connection) -> Integration:
        (shown,) = await self._installed.shown(row)
        return shown

    async def _free_name(self, actor: Actor, card: Card) -> str:
        async with self._db.read() as tx:
            rows = await connections.all_of(tx, actor.tenant_id)
        taken = {row.name.casefold() for row in rows}
        names = (card.name if n == 1 else f"{card.name} {n}" for n in range(1, len(rows) + 2))
        return next(name for name in names if name.casefold() not in taken)
