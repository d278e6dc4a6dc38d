"""Preferences pages that a provider's card asks for: a few fields, and Save does the whole integration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.db import connections
from app.db.connections import Connection
from app.db.database import Database
from app.domain.actor import Actor
from app.domain.clock import Clock
from app.domain.errors import Conflict, InvalidSettings, NotFound
from app.domain.permissions import Scope
from app.providers.base import Card, CheckReport, PreferencesPage
from app.services.activation import Activation
from app.services.connections import Connections
from app.services.forms import FormField, fields
from app.services.installed import Installed, Integration, Switched, blank

Target = UUID | str
"""A connection, or the path of a page whose connection is still to be made."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """A page as it stands: its fields, and what is stored. `integration` is None before the first Save.

    `more`: all other settings, for whoever may configure integrations anyway.
    """

    page: PreferencesPage
    fields: tuple[FormField, ...]
    integration: Integration | None = None
    more: tuple[FormField, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """What the fields show; a secret shows nothing, whether one is stored or not."""
        stored = self.integration.settings if self.integration else {}
        shown = (*self.fields, *self.more)
        return {f.name: stored.get(f.name, f.default) for f in shown if f.type != "secret"}


class PreferencesPages:
    """Needs the scope that the page's card names, and nothing else."""

    def __init__(self, db: Database, work: Connections, activation: Activation, clock: Clock) -> None:
        self._db, self._connections = db, work
        self._activation, self._clock = activation, clock
        self._installed = Installed(db, work, activation.base_url)

    def pages(self, actor: Actor) -> list[PreferencesPage]:
        """The pages that this actor may open."""
        found = [card.preferences for card in self._connections.cards() if card.preferences]
        return [page for page in found if actor.may(page.scope)]

    async def at(self, actor: Actor, path: str) -> list[Preferences]:
        """What stands behind a page: one for each connection; an empty one where there is none yet.

        Raises NotFound for an unknown path, NotAllowed.
        """
        card = self._card_at(path)
        page = _page(actor, card)
        rows = await self._rows(actor, card)
        shown: list[Integration | None] = [*await self._installed.shown(*rows)]
        form, more = self._fields(card, page), self._more(actor, card, page)
        return [Preferences(page, form, one, more) for one in shown or [None]]

    async def read(self, actor: Actor, connection_id: UUID) -> Preferences:
        """The preferences of one connection. Raises NotFound where its card has no such page."""
        known, card = await self._target(actor, connection_id, None)
        page = _page(actor, card)
        (shown,) = await self._installed.shown(known)
        return Preferences(page, self._fields(card, page), shown, self._more(actor, card, page))

    async def save(
        self, actor: Actor, target: Target, typed: Mapping[str, Any], expected: int | None = None
    ) -> Switched:
        """Try `typed` for real; if it works: store it, and switch connection and vendor on, in one deed.

        If not, nothing is stored and what worked goes on working. Raises InvalidSettings, TriedAndFailed
        (names the step and what to do), Stale, Conflict, NotFound.
        """
        known, card = await self._target(actor, target, expected)
        form = self._installed.filled(known, self._typed(actor, card, typed))
        report = await self._installed.tried(known, form)
        wanted = self._installed.with_form(known, form)
        return await self._installed.switched(await self._activation.activate(actor, known, wanted, report))

    async def test(self, actor: Actor, target: Target, typed: Mapping[str, Any]) -> CheckReport:
        """The same trial; nothing is stored, whatever comes of it. Raises InvalidSettings, NotFound."""
        known, card = await self._target(actor, target, None)
        form = self._installed.filled(known, self._typed(actor, card, typed))
        return await self._connections.try_out(known.provider, form)

    async def _target(self, actor: Actor, target: Target, expected: int | None) -> tuple[Connection, Card]:
        """The stored connection; for a path, the only one that there is, or a blank one."""
        if isinstance(target, UUID):
            self._may_open_any(actor)
            known = await self._installed.known(actor, target)
            card = self._connections.card(known.provider)
            _page(actor, card)
            return await self._installed.known(actor, target, expected), card
        card = self._card_at(target)
        _page(actor, card)
        rows = await self._rows(actor, card)
        if len(rows) > 1:
            raise Conflict(
                f"There are {len(rows)} integrations with {card.name}. Open the one that you mean."
            )
        if not rows:
            return blank(actor.tenant_id, card, card.name, self._clock()), card
        return await self._installed.known(actor, rows[0].id, expected), card

    def _may_open_any(self, actor: Actor) -> None:
        """Whoever may open no page at all does not learn which connections there are."""
        if not self.pages(actor):
            for card in self._connections.cards():
                if card.preferences:
                    actor.require(card.preferences.scope)

    def _card_at(self, path: str) -> Card:
        for card in self._connections.cards():
            if card.preferences and card.preferences.path == path:
                return card
        raise NotFound("There is no such preferences page.")

    async def _rows(self, actor: Actor, card: Card) -> list[Connection]:
        async with self._db.read() as tx:
            rows = await connections.all_of(tx, actor.tenant_id)
        return [row for row in rows if row.provider == card.key]

    def _fields(self, card: Card, page: PreferencesPage) -> tuple[FormField, ...]:
        form = fields(self._connections.kind(card.key).Settings)
        return tuple(field for field in form if field.name in page.fields)

    def _more(self, actor: Actor, card: Card, page: PreferencesPage) -> tuple[FormField, ...]:
        """The page's own permission is about its own fields; the others belong to Edge Integrate."""
        if not actor.may(Scope.EDGE_INTEGRATIONS_MANAGE):
            return ()
        form = fields(self._connections.kind(card.key).Settings)
        return tuple(field for field in form if field.name not in page.fields)

    def _typed(self, actor: Actor, card: Card, typed: Mapping[str, Any]) -> Mapping[str, Any]:
        page = _page(actor, card)
        foreign = typed.keys() - set(page.fields) - {field.name for field in self._more(actor, card, page)}
        if foreign:
            raise InvalidSettings(dict.fromkeys(sorted(foreign), "This page has no such field."))
        return typed


def _page(actor: Actor, card: Card) -> PreferencesPage:
    """The card's page, if the actor may open it."""
    if card.preferences is None:
        raise NotFound("This integration has no preferences page.")
    actor.require(card.preferences.scope)
    return card.preferences
