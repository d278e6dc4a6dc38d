"""Installed providers as administrators see and fill them: what Edge and the preferences pages share."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from app.db import connections, pushes, vendors
from app.db.connections import Connection, State
from app.db.database import Database
from app.db.pushes import Count
from app.domain.actor import Actor
from app.domain.errors import NotFound, Stale, TriedAndFailed
from app.providers.base import AttendanceSource, Card, CheckReport
from app.services.activation import Activated, Credential
from app.services.connections import Connections
from app.services.forms import Filled, fill


@dataclass(frozen=True, slots=True)
class Integration:
    """A connection for an administrator. `secrets_stored` names them; nothing tells of their content.

    `preferences` is the path of its page of its own, where the card has one. `hook`: where a provider that
    tells of presence by itself sends it to, once it was activated; `parked`: what of that could not be used.
    """

    id: UUID
    key: str
    name: str
    provider: str
    provider_name: str
    state: State
    revision: int
    settings: Mapping[str, Any]
    secrets_stored: tuple[str, ...]
    health: Mapping[str, Any] | None
    checked_at: datetime | None
    vendor_id: UUID | None
    preferences: str | None
    hook: str | None
    parked: Count
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Switched:
    """An integration that was switched on. `credential` is shown once, where one had to be made."""

    integration: Integration
    credential: Credential | None = None


class Installed:
    """Finds, fills, tries and shows; stores nothing and asks nobody for permission."""

    def __init__(self, db: Database, work: Connections, base_url: str) -> None:
        self._db, self._connections, self._base_url = db, work, base_url.rstrip("/")

    async def known(self, actor: Actor, connection_id: UUID, expected: int | None = None) -> Connection:
        """The actor's tenant's connection, as it was seen. Raises NotFound, or Stale for another revision."""
        async with self._db.read() as tx:
            row = await connections.find(tx, actor.tenant_id, connection_id)
        if row is None:
            raise NotFound("There is no such integration.")
        if expected is not None and row.revision != expected:
            raise Stale
        return row

    def filled(self, known: Connection, typed: Mapping[str, Any]) -> Filled:
        """The stored form with `typed` laid over it. Raises InvalidSettings."""
        kind = self._connections.kind(known.provider)
        return fill(kind.Settings, typed, self._connections.remembered(known))

    async def tried(self, known: Connection, form: Filled) -> CheckReport:
        """The report of a check that went well. Raises TriedAndFailed."""
        report = await self._connections.try_out(known.provider, form)
        if not report.ok:
            raise TriedAndFailed([(step.name, step.ok, step.detail) for step in report.steps])
        return report

    def with_form(self, row: Connection, form: Filled) -> Connection:
        """The row with the form's content, secrets sealed."""
        sealed = self._connections.seal(row.id, form.secrets)
        return replace(row, settings=form.settings, sealed_secrets=sealed)

    async def shown(self, *rows: Connection) -> list[Integration]:
        """Rows as an administrator may see them."""
        ids = [row.id for row in rows]
        async with self._db.read() as tx:
            made = await vendors.of_connections(tx, ids)
            parked = await pushes.counts(tx, ids)
        return [self._shown(row, made.get(row.id), parked.get(row.id, Count())) for row in rows]

    async def switched(self, done: Activated) -> Switched:
        """What was activated, as it is shown."""
        (shown,) = await self.shown(done.connection)
        return Switched(shown, done.credential)

    def _shown(self, row: Connection, vendor_id: UUID | None, parked: Count) -> Integration:
        card = self._connections.find_card(row.provider)
        pushes_here = card is not None and card.attendance is AttendanceSource.PUSH
        told = pushes_here and row.state is not State.INSTALLED
        page = card.preferences if card else None
        return Integration(
            id=row.id,
            key=row.key,
            name=row.name,
            provider=row.provider,
            provider_name=card.name if card else row.provider,
            state=row.state,
            revision=row.revision,
            settings=row.settings,
            secrets_stored=tuple(sorted(self._connections.remembered(row).secrets)),
            health=row.health,
            checked_at=row.checked_at,
            vendor_id=vendor_id,
            preferences=page.path if page else None,
            hook=f"{self._base_url}/hooks/{row.id}" if told else None,
            parked=parked,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


def blank(tenant_id: UUID, card: Card, name: str, now: datetime) -> Connection:
    """A connection that is not stored yet: revision 0, no key."""
    return Connection(
        id=uuid4(),
        tenant_id=tenant_id,
        key="",
        name=name,
        provider=card.key,
        settings={},
        sealed_secrets=None,
        state=State.INSTALLED,
        revision=0,
        health=None,
        checked_at=None,
        created_at=now,
        updated_at=now,
    )
