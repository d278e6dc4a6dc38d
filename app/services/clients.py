"""API clients: made, listed, given a second secret, closed. A secret is shown once and never again."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.db import clients, tenants
from app.db.clients import ListedClient as ListedClient
from app.db.database import Database, Tx
from app.db.tenants import Place
from app.db.turns import take_turn
from app.domain.clock import Clock
from app.domain.errors import Conflict, InvalidRequest, NotFound
from app.domain.permissions import CONTRACT_SCOPES, Scope
from app.services import digests
from app.services.keys import Keys

DEFAULT_TENANT = "default"
DEFAULT_CONNECTION = (
    "sandbox"  # the one provider that needs no account: key of the connection and of the card
)
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
LONGEST_NAME = 200
LONGEST_OVERLAP = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client with a fresh secret. `old_secret_until`: how long a rotated one still works, if at all."""

    client_id: str
    client_secret: str
    name: str
    tenant: str
    connection: str
    scopes: tuple[str, ...]
    old_secret_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fresh:
    """An id and a secret that nobody has yet; made before the transaction that stores its digest."""

    client_id: str
    secret: str = field(repr=False)
    digest: bytes = field(repr=False)


class Clients:
    """The register of API clients. Only digests of their secrets are kept."""

    def __init__(self, db: Database, keys: Keys, clock: Clock) -> None:
        self._db, self._keys, self._clock = db, keys, clock

    async def add(
        self,
        name: str,
        tenant_key: str = DEFAULT_TENANT,
        connection_key: str = DEFAULT_CONNECTION,
        scopes: Iterable[str] = CONTRACT_SCOPES,
    ) -> NewClient:
        """A new client of one tenant and one connection.

        An unknown tenant is made, together with its practice room, when that is the connection asked for: so
        a second portal is one command. Any other unknown connection raises NotFound, and nothing is made.
        Raises InvalidRequest for a bad name, key or scope.
        """
        name, granted = checked_name(name), checked_scopes(scopes)
        fresh = await self.fresh()
        async with self._db.begin() as tx:
            place = await self._place(tx, tenant_key, connection_key, self._clock())
            await self.grant(tx, fresh, place, name, granted)
        return NewClient(fresh.client_id, fresh.secret, name, tenant_key, connection_key, granted)

    async def fresh(self) -> Fresh:
        """A new id with its secret, not stored anywhere. Ask before opening a transaction."""
        secret = new_secret()
        return Fresh(f"vilt-{secrets.token_hex(8)}", secret, await digests.digest(self._keys, secret))

    async def grant(self, tx: Tx, fresh: Fresh, place: Place, name: str, scopes: Iterable[str]) -> None:
        """Store what `fresh` made: from the end of `tx` on it opens `scopes` at `place`."""
        now = self._clock()
        row = clients.NewRow(fresh.client_id, place.tenant_id, place.connection_id, name, tuple(scopes))
        await clients.add(tx, row, now)
        await clients.add_secret(tx, fresh.client_id, fresh.digest, now)

    async def list(self) -> list[ListedClient]:
        """Every client, revoked ones too, by name."""
        async with self._db.read() as tx:
            return await clients.listed(tx, self._clock())

    async def revoke(self, client_id: str) -> None:
        """Close a client: its secrets and tokens are refused from now on. Repeatable; raises NotFound."""
        async with self._db.begin() as tx:
            await self._get(tx, client_id)
            await clients.revoke(tx, client_id, self._clock())

    async def rotate(self, client_id: str, overlap: timedelta) -> NewClient:
        """A new secret; the one in use goes on for `overlap`, an older one ends at once.

        Raises NotFound, Conflict for a revoked client, InvalidRequest for a bad overlap (0 to 90 days).
        """
        fresh = await self.fresh()
        async with self._db.begin() as tx:
            until = await self.renew(tx, await self._get(tx, client_id), fresh, overlap)
            client = await self._get(tx, client_id)
        return NewClient(
            client_id, fresh.secret, client.name, client.tenant, client.connection, client.scopes, until
        )

    async def renew(self, tx: Tx, client: ListedClient, fresh: Fresh, overlap: timedelta) -> datetime | None:
        """Give a client the secret of `fresh`. Says until when the old one works. Raises as `rotate`."""
        if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
            raise InvalidRequest("The overlap must be between 0 and 90 days.")
        await take_turn(tx, "clients")
        if (await self._get(tx, client.id)).revoked_at is not None:
            raise Conflict(f"The client {client.id} is revoked. Add a new one instead.")
        now = self._clock()
        await clients.end_secrets(tx, client.id, now + overlap)
        await clients.add_secret(tx, client.id, fresh.digest, now)
        return now + overlap if overlap else None

    async def _get(self, tx: Tx, client_id: str) -> ListedClient:
        found = await clients.listed(tx, self._clock(), client_id)
        if not found:
            raise NotFound(f"There is no client {client_id}.")
        return found[0]

    async def _place(self, tx: Tx, tenant_key: str, connection_key: str, now: datetime) -> Place:
        if not KEY.fullmatch(tenant_key):
            raise InvalidRequest(f"The tenant {tenant_key!r} must be of small letters, digits, - and _.")
        await take_turn(tx, "tenants")
        tenant_id = await tenants.find(tx, tenant_key)
        found = tenant_id and await tenants.find_connection(tx, tenant_id, connection_key)
        if not found and connection_key != DEFAULT_CONNECTION:
            raise NotFound(f"The tenant {tenant_key} has no connection {connection_key}.")
        tenant_id = tenant_id or await tenants.add(tx, tenant_key, now)
        return Place(tenant_id, found or await tenants.add_connection(tx, tenant_id, connection_key, now))


def new_secret() -> str:
    """256 random bits, safe in a URL, a form and a header."""
    return secrets.token_urlsafe(32)


def checked_name(name: str) -> str:
    """The name, trimmed. Raises InvalidRequest."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidRequest(f"The name must have 1 to {LONGEST_NAME} printable characters.")
    return name


def checked_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """The scopes, each once. Raises InvalidRequest where there is none, or one that there is not."""
    granted = tuple(dict.fromkeys(str(scope) for scope in scopes))
    known = frozenset(scope.value for scope in Scope)
    for scope in granted:
        if scope not in known:
            raise InvalidRequest(f"There is no scope {scope!r}.")
    if not granted:
        raise InvalidRequest("A client needs at least one scope.")
    return granted
