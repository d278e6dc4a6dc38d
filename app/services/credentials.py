"""API clients as an administrator manages them: the own tenant's, and never with more than one holds."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from app.db import clients as rows
from app.db import connections
from app.db.clients import ListedClient as ListedClient
from app.db.database import Database, Tx
from app.db.tenants import Place
from app.domain.actor import Actor
from app.domain.clock import Clock
from app.domain.errors import NotAllowed, NotFound
from app.domain.permissions import CATALOGUE, CONTRACT_SCOPES, Scope
from app.services.access import CLIENT_ID
from app.services.audit import Audit
from app.services.clients import Clients, NewClient, checked_name, checked_scopes

NEEDED = Scope.API_CLIENTS_MANAGE


class Credentials:
    """Every deed needs `api-clients:manage`. A secret is in an answer once, and in no list."""

    def __init__(self, db: Database, clients: Clients, audit: Audit, clock: Clock) -> None:
        self._db, self._clients, self._audit, self._clock = db, clients, audit, clock

    async def page(self, actor: Actor, after: str | None, limit: int) -> list[ListedClient]:
        """The tenant's next clients behind the id `after`, revoked ones too."""
        actor.require(NEEDED)
        async with self._db.read() as tx:
            return await rows.page(tx, actor.tenant_id, self._clock(), after, limit)

    async def get(self, actor: Actor, client_id: str) -> ListedClient:
        """One client of the tenant. Raises NotFound."""
        actor.require(NEEDED)
        async with self._db.read() as tx:
            return await self._mine(tx, actor, client_id)

    async def add(
        self, actor: Actor, name: str, connection_id: UUID, scopes: Sequence[str] = CONTRACT_SCOPES
    ) -> NewClient:
        """A client of one connection. What the contract needs may be given by whoever may do this; any other
        scope only by somebody who holds it. Raises InvalidRequest, NotAllowed, NotFound."""
        actor.require(NEEDED)
        name, granted = checked_name(name), checked_scopes(scopes)
        _refuse_more_than_held(actor, granted)
        fresh = await self._clients.fresh()
        async with self._db.begin() as tx:
            connection = await connections.find(tx, actor.tenant_id, connection_id)
            if connection is None:
                raise NotFound("There is no such integration.")
            await self._clients.grant(tx, fresh, Place(actor.tenant_id, connection_id), name, granted)
            after = {"name": name, "connection": connection_id, "scopes": granted}
            await self._audit.note(
                tx, actor, action="client.added", subject=f"client:{fresh.client_id}", after=after
            )
            made = await self._mine(tx, actor, fresh.client_id)
        return NewClient(fresh.client_id, fresh.secret, name, made.tenant, made.connection, granted)

    async def rotate(self, actor: Actor, client_id: str, overlap: timedelta) -> NewClient:
        """A new secret; the old one works on for `overlap`. Raises as Clients.rotate."""
        actor.require(NEEDED)
        fresh = await self._clients.fresh()
        async with self._db.begin() as tx:
            client = await self._mine(tx, actor, client_id)
            _refuse_more_than_held(actor, client.scopes)
            until = await self._clients.renew(tx, client, fresh, overlap)
            subject, after = f"client:{client_id}", {"old_works_until": until}
            await self._audit.note(tx, actor, action="client.renewed", subject=subject, after=after)
        return NewClient(
            client_id, fresh.secret, client.name, client.tenant, client.connection, client.scopes, until
        )

    async def revoke(self, actor: Actor, client_id: str) -> None:
        """Close it for good; repeatable. Raises NotFound."""
        actor.require(NEEDED)
        async with self._db.begin() as tx:
            client = await self._mine(tx, actor, client_id)
            if client.revoked_at is not None:
                return
            await rows.revoke(tx, client_id, self._clock())
            subject, before = f"client:{client_id}", {"name": client.name}
            await self._audit.note(tx, actor, action="client.revoked", subject=subject, before=before)

    async def _mine(self, tx: Tx, actor: Actor, client_id: str) -> ListedClient:
        known = CLIENT_ID.fullmatch(client_id)
        found = known and await rows.find_listed(tx, actor.tenant_id, client_id, self._clock())
        if not found:
            raise NotFound("There is no such client.")
        return found


def _refuse_more_than_held(actor: Actor, scopes: Sequence[str]) -> None:
    for scope in scopes:
        if scope not in CONTRACT_SCOPES and not actor.may(Scope(scope)):
            name = CATALOGUE[Scope(scope)].name
            raise NotAllowed(f"You cannot give “{name}” away, because you do not hold it.")
