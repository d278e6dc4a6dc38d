"""Switching a connection on and off: connection, vendor, credential and audit in one transaction."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from app.db import clients as client_rows
from app.db import connections, intents, vendors
from app.db.connections import Connection, State
from app.db.database import Database, Tx
from app.db.tenants import Place
from app.db.turns import take_turn
from app.db.vendors import Vendor
from app.domain.actor import Actor
from app.domain.clock import Clock
from app.domain.errors import Conflict, Stale
from app.domain.permissions import CONTRACT_SCOPES
from app.domain.vendor import name_key
from app.providers.base import CheckReport
from app.services.audit import Audit
from app.services.clients import Clients, Fresh

HEALTHY_FOR = timedelta(days=1)
LOOK_AGAIN_AFTER = timedelta(hours=1)  # rarer than any directory counts failed sign-ins towards a lock-out


@dataclass(frozen=True, slots=True)
class Credential:
    """What an administrator types into the LMS; shown once."""

    client_id: str
    client_secret: str = field(repr=False)
    base_url: str = ""


@dataclass(frozen=True, slots=True)
class Activated:
    """A connection that is on. `credential`: made now, because there was none that works."""

    connection: Connection
    vendor: Vendor
    credential: Credential | None = None


class Activation:
    """The deeds; who may do them, and what has to be tried before, is decided by those who ask."""

    def __init__(self, db: Database, clients: Clients, audit: Audit, clock: Clock, base_url: str) -> None:
        self._db, self._clients, self._audit = db, clients, audit
        self._clock, self.base_url = clock, base_url

    async def install(self, actor: Actor, new: Connection) -> Connection:
        """Store a connection that is not active yet. Raises Conflict where its name is taken."""
        async with self._db.begin() as tx:
            await take_turn(tx, f"connections {actor.tenant_id}")
            added = await self._add(tx, new)
            await self._audit.note(
                tx, actor, action="connection.installed", subject=_subject(added), after=_shown(added)
            )
        return added

    async def change(
        self, actor: Actor, known: Connection, wanted: Connection, form: Mapping[str, Any]
    ) -> Connection:
        """Store name and settings. `form`: what was typed, for the audit trail. Raises Stale, Conflict."""
        async with self._db.begin() as tx:
            await take_turn(tx, f"connections {actor.tenant_id}")
            if name_key(known.name) != name_key(wanted.name):
                await self._refuse_taken(tx, wanted)
            stored = await self._store(tx, known, wanted)
            await self._audit.note(
                tx,
                actor,
                action="connection.changed",
                subject=_subject(stored),
                before=_shown(known),
                after={**_shown(stored), "typed": form},
            )
        return stored

    async def activate(
        self, actor: Actor, known: Connection, wanted: Connection, report: CheckReport
    ) -> Activated:
        """Settings, state, vendor, credential, report and audit: all of it or nothing.

        `known` of revision 0 is not stored yet. Raises Stale where somebody was quicker, Conflict where the
        vendor's name is taken.
        """
        fresh = await self._clients.fresh()
        async with self._db.begin() as tx:
            await take_turn(tx, f"connections {actor.tenant_id}")
            on = replace(wanted, state=State.ACTIVE)
            stored = await (self._add(tx, on) if known.revision == 0 else self._store(tx, known, on))
            await connections.keep_health(tx, stored, as_json(report), *self._times(report))
            await intents.hasten(tx, stored.id, self._clock())
            vendor = await self._vendor(tx, stored)
            credential = await self._credential(tx, actor, fresh, stored)
            await self._audit.note(
                tx,
                actor,
                action="connection.activated",
                subject=_subject(stored),
                before=_shown(known) if known.revision else None,
                after={**_shown(stored), "vendor": vendor.id, "vendor_name": vendor.name},
            )
            stored = await connections.get(tx, stored.id)
        return Activated(stored, vendor, credential)

    async def deactivate(self, actor: Actor, known: Connection) -> Connection:
        """Connection and vendor off; the contract says so to the credential, and the history stays."""
        now = self._clock()
        async with self._db.begin() as tx:
            await take_turn(tx, f"connections {actor.tenant_id}")
            stored = await self._store(tx, known, replace(known, state=State.INACTIVE))
            vendor = await vendors.of_connection(tx, known.id)
            if vendor is not None and vendor.active:
                await vendors.change(tx, vendor, vendor.name, False, now)
            await self._audit.note(
                tx,
                actor,
                action="connection.deactivated",
                subject=_subject(stored),
                before=_shown(known),
                after=_shown(stored),
            )
        return stored

    async def _add(self, tx: Tx, new: Connection) -> Connection:
        await self._refuse_taken(tx, new)
        taken = {row.key for row in await connections.all_of(tx, new.tenant_id)}
        added = replace(new, key=free_key(new.name, taken), revision=1)
        await connections.add(tx, added)
        return added

    async def _refuse_taken(self, tx: Tx, wanted: Connection) -> None:
        others = [row for row in await connections.all_of(tx, wanted.tenant_id) if row.id != wanted.id]
        if any(name_key(row.name) == name_key(wanted.name) for row in others):
            raise Conflict(f"There is an integration named {wanted.name} already. Choose another name.")

    async def _store(self, tx: Tx, known: Connection, wanted: Connection) -> Connection:
        stored = await connections.change(tx, known, wanted, self._clock())
        if stored is None:
            raise Stale
        return stored

    def _times(self, report: CheckReport) -> tuple[datetime, datetime]:
        now = self._clock()
        return now, now + (HEALTHY_FOR if report.ok else LOOK_AGAIN_AFTER)

    async def _vendor(self, tx: Tx, connection: Connection) -> Vendor:
        """The connection's vendor, on again; a new one at the first activation."""
        now = self._clock()
        known = await vendors.of_connection(tx, connection.id)
        if known is not None:
            return known if known.active else await vendors.change(tx, known, known.name, True, now) or known
        if await vendors.find_named(tx, connection.tenant_id, connection.name):
            raise Conflict(
                f"There is a vendor named {connection.name} already. Name the integration otherwise."
            )
        return await vendors.add(tx, connection.tenant_id, connection.name, connection.id, now)

    async def _credential(
        self, tx: Tx, actor: Actor, fresh: Fresh, connection: Connection
    ) -> Credential | None:
        """One that works must be there; only a new one is shown."""
        if await client_rows.any_living(tx, connection.id, self._clock()):
            return None
        place = Place(connection.tenant_id, connection.id)
        await self._clients.grant(tx, fresh, place, connection.name, CONTRACT_SCOPES)
        await self._audit.note(
            tx,
            actor,
            action="client.added",
            subject=f"client:{fresh.client_id}",
            after={"name": connection.name, "connection": connection.id, "scopes": CONTRACT_SCOPES},
        )
        return Credential(fresh.client_id, fresh.secret, self.base_url)


def as_json(report: CheckReport) -> dict[str, Any]:
    """A report as it is stored and shown."""
    return {
        "ok": report.ok,
        "steps": [{"name": step.name, "ok": step.ok, "detail": step.detail} for step in report.steps],
        "facts": dict(report.facts),
        "warnings": list(report.warnings),
    }


def free_key(name: str, taken: set[str]) -> str:
    """The name as a command line can hold it, numbered where it is taken."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:50] or "connection"
    numbered = (f"{stem}-{n}" for n in range(2, len(taken) + 3))
    return stem if stem not in taken else next(key for key in numbered if key not in taken)


def _subject(connection: Connection) -> str:
    return f"connection:{connection.id}"


def _shown(connection: Connection) -> dict[str, Any]:
    shown = {"name": connection.name, "provider": connection.provider, "state": connection.state}
    return {**shown, "settings": connection.settings}
