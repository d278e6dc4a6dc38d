"""Providers at work: a connection's row becomes a live provider, kept until its settings change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

import orjson

from app.db import connections
from app.db.connections import Connection
from app.db.database import Database
from app.db.sealed import Sealer
from app.providers.base import Card, Provider
from app.providers.http import ProviderHttp


@dataclass(slots=True)
class _Open:
    revision: int
    provider: Provider
    http: ProviderHttp


class Connections:
    """Opens providers on demand; one per connection and settings revision."""

    def __init__(
        self,
        db: Database,
        sealer: Sealer,
        catalogue: Mapping[str, type[Provider]],
        make_http: Callable[[], ProviderHttp],
    ) -> None:
        self._db, self._sealer, self._catalogue, self._make_http = db, sealer, catalogue, make_http
        self._opened: dict[UUID, _Open] = {}

    async def provider(self, connection_id: UUID) -> Provider:
        """The connection's provider, with the settings that are stored now."""
        async with self._db.read() as tx:
            row = await connections.get(tx, connection_id)
        known = self._opened.get(connection_id)
        if known is None or known.revision != row.revision:
            known = self._opened[connection_id] = self._open(row)
        return known.provider

    def card(self, provider: str) -> Card:
        """The card of a provider by its key."""
        return self._catalogue[provider].card

    def _open(self, row: Connection) -> _Open:
        kind = self._catalogue[row.provider]
        secrets = {}
        if row.sealed_secrets is not None:
            secrets = orjson.loads(self._sealer.open(row.sealed_secrets, f"connection:{row.id}"))
        http = self._make_http()
        return _Open(row.revision, kind(kind.Settings(**row.settings, **secrets), http), http)

    async def close(self) -> None:
        """Let go of every provider: sign out, close sockets."""
        for opened in self._opened.values():
            await opened.provider.aclose()
            await opened.http.aclose()
        self._opened.clear()
