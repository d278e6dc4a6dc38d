"""Providers at work: a connection's row becomes a live provider, kept until its settings change."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

import orjson
import structlog

from app.db import connections
from app.db.connections import Connection
from app.db.database import Database
from app.db.sealed import Sealer, Unopenable
from app.domain.errors import AccountBroken, NotFound
from app.providers.base import Card, CheckReport, CheckStep, Provider, ProviderSettings
from app.providers.http import ProviderHttp
from app.services.forms import Filled

TRY_SECONDS = 25.0  # a person waits for it in front of a form
STILL_IN_USE_SECONDS = 60.0  # longer than any call of a provider that was replaced
LOST_SECRETS = "The provider's password cannot be read here any more. An administrator has to enter it again."

log = structlog.get_logger(__name__)

WayOut = Callable[[Card, Connection | None], ProviderHttp]
"""Makes the way out for a provider: of a stored connection, or (None) for a trial that shares nothing."""


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
        make_http: WayOut,
    ) -> None:
        self._db, self._sealer, self._catalogue, self._make_http = db, sealer, catalogue, make_http
        self._opened: dict[UUID, _Open] = {}
        self._replaced: list[tuple[float, _Open]] = []

    async def provider(self, connection_id: UUID) -> Provider:
        """The connection's provider, with the settings that are stored now."""
        async with self._db.read() as tx:
            row = await connections.get(tx, connection_id)
        return await self.opened(row)

    async def opened(self, row: Connection) -> Provider:
        """The same for a row that was just read."""
        known = self._opened.get(row.id)
        if known is None or known.revision != row.revision:
            fresh = self._opened[row.id] = self._open(row)
            if known is not None:
                self._replaced.append((asyncio.get_running_loop().time(), known))
            await self._let_go_of_replaced()
            return fresh.provider
        return known.provider

    def kind(self, provider: str) -> type[Provider]:
        """A provider by the key of its card. Raises NotFound."""
        if provider not in self._catalogue:
            raise NotFound("There is no such provider.")
        return self._catalogue[provider]

    def card(self, provider: str) -> Card:
        """The card of a provider by its key. Raises NotFound."""
        return self.kind(provider).card

    def find_card(self, provider: str) -> Card | None:
        """The same; None for a provider whose folder is gone."""
        kind = self._catalogue.get(provider)
        return kind.card if kind else None

    def cards(self) -> list[Card]:
        """Every discovered provider's card, by name."""
        return sorted((kind.card for kind in self._catalogue.values()), key=lambda card: card.name.casefold())

    def stored(self, row: Connection) -> Filled:
        """What is stored of a connection's form, secrets opened."""
        if row.sealed_secrets is None:
            return Filled(row.settings)
        return Filled(row.settings, orjson.loads(self._sealer.open(row.sealed_secrets, _name(row.id))))

    def remembered(self, row: Connection) -> Filled:
        """The same for a form to be filled anew: secrets that no key opens any more are as good as none."""
        try:
            return self.stored(row)
        except Unopenable:
            return Filled(row.settings)

    def seal(self, connection_id: UUID, secrets: Mapping[str, str]) -> bytes | None:
        """The secrets of a form as they are stored; None where there are none."""
        return self._sealer.seal(orjson.dumps(dict(secrets)), _name(connection_id)) if secrets else None

    async def try_out(self, provider: str, form: Filled) -> CheckReport:
        """Try settings for real, in bounded time, with a provider of their own; nothing is kept."""
        kind = self.kind(provider)
        http = self._make_http(kind.card, None)
        trial = kind(form.as_settings(kind.Settings), http)
        try:
            async with asyncio.timeout(TRY_SECONDS):
                return await trial.check()
        except TimeoutError:
            late = f"No answer within {TRY_SECONDS:.0f} seconds. Check the address and the network."
            return CheckReport((CheckStep("The server answers in time", ok=False, detail=late),))
        finally:
            await _let_go(_Open(0, trial, http))

    def _open(self, row: Connection) -> _Open:
        kind = self.kind(row.provider)
        settings = self._settings(row, kind)
        http = self._make_http(kind.card, row)
        return _Open(row.revision, kind(settings, http), http)

    def _settings(self, row: Connection, kind: type[Provider]) -> ProviderSettings:
        """Raises AccountBroken where the secrets do not open any more: only an administrator knows them."""
        try:
            return self.stored(row).as_settings(kind.Settings)
        except Unopenable as exc:
            raise AccountBroken(LOST_SECRETS) from exc

    async def _let_go_of_replaced(self) -> None:
        """Those whose last call must be over; somebody may still be busy with the younger ones."""
        before = asyncio.get_running_loop().time() - STILL_IN_USE_SECONDS
        old = [opened for since, opened in self._replaced if since < before]
        self._replaced = [entry for entry in self._replaced if entry[0] >= before]
        for opened in old:
            await _let_go(opened)

    async def close(self) -> None:
        """Let go of every provider: sign out, close sockets."""
        for opened in (*self._opened.values(), *(old for _, old in self._replaced)):
            await _let_go(opened)
        self._opened.clear()
        self._replaced.clear()


async def _let_go(opened: _Open) -> None:
    """Sign out and close; a server that is away keeps nobody."""
    try:
        async with asyncio.timeout(5):
            await opened.provider.aclose()
    except Exception as exc:
        log.info("provider not signed out", error=type(exc).__name__)
    await opened.http.aclose()


def _name(connection_id: UUID) -> str:
    return f"connection:{connection_id}"
