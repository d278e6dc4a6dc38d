"""The audit trail: who did what, when and from where, in a chain of hashes that shows every later change.

A row's hash is SHA-256 over canonical JSON of the hash before it and of the row. What names people (actor,
address, before and after) stands in it as a salted digest, so that erasing a person breaks no chain.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from app.db import audit as rows
from app.db import tenants
from app.db.audit import Head, Record
from app.db.audit import Wanted as Wanted
from app.db.database import Database, Tx
from app.domain.actor import Actor
from app.domain.clock import Clock
from app.domain.errors import NotFound
from app.domain.permissions import Scope
from app.services.masking import masked
from app.services.searching import sought

PAGE = 500


@dataclass(frozen=True, slots=True)
class Note:
    """A deed to be written down: what was done to what."""

    action: str
    subject: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One deed for a reader; `before` and `after` are None where the deed has none, or was erased."""

    number: int
    at: datetime
    actor: str
    address: str
    action: str
    subject: str
    before: Any
    after: Any
    erased: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk over one tenant's chain found. `broken_at`: the first row that is not as it was written.

    `head` may be noted elsewhere: a chain that was written anew from its beginning ends in another one.
    """

    tenant: str
    rows: int
    erased: int
    head: str
    broken_at: int | None = None
    reason: str = ""


class Audit:
    """Written by the deeds themselves, inside their transactions; read with `audit:view`."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def note(
        self,
        tx: Tx,
        actor: Actor,
        *,
        action: str,
        subject: str,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Write a deed down in its own transaction, secrets masked. Call it last: writers queue from here."""
        await self.note_all(tx, actor, [Note(action, subject, before, after)])

    async def note_all(self, tx: Tx, actor: Actor, notes: Sequence[Note]) -> None:
        """The same for many deeds at once, in their order."""
        head, now = await rows.lock_head(tx, actor.tenant_id), self._clock().astimezone(UTC)
        records: list[Record] = []
        for note in notes:
            records.append(_chained(note, actor, head, now))
            head = Head(records[-1].number, records[-1].hash)
        await rows.add(tx, actor.tenant_id, records)

    async def search(self, actor: Actor, wanted: Wanted, before: int | None, limit: int) -> list[Entry]:
        """The newest deeds first; `before`: the number of the last one that was seen. Needs audit:view."""
        actor.require(Scope.AUDIT_VIEW)
        actors, actions, subjects = (sought(t) for t in (wanted.actor, wanted.action, wanted.subject))
        wanted = replace(wanted, actor=actors, action=actions, subject=subjects)
        async with self._db.read() as tx:
            found = await rows.search(tx, actor.tenant_id, wanted, before, limit)
        return [_entry(record) for record in found]

    async def verify(self, tenant: str | None = None) -> list[Verdict]:
        """Walk every chain, or that of one tenant (its key). Raises NotFound for an unknown tenant."""
        async with self._db.read() as tx:
            if tenant is not None and await tenants.find(tx, tenant) is None:
                raise NotFound(f"There is no tenant {tenant}.")
            found = await rows.chained(tx)
        return [await self._verify(key, id_) for id_, key in found if tenant in (None, key)]

    async def _verify(self, key: str, tenant_id: UUID) -> Verdict:
        seen, erased = Head.first(tenant_id), 0
        async with self._db.read() as tx:
            while True:
                page = await rows.walk(tx, tenant_id, seen.number, PAGE)
                for record in page:
                    if reason := _fault(record, seen):
                        return Verdict(key, seen.number, erased, seen.hash, seen.number + 1, reason)
                    seen, erased = Head(record.number, record.hash), erased + record.erased
                if page:
                    continue
                head = await rows.find_head(tx, tenant_id)
                if head == seen:
                    return Verdict(key, seen.number, erased, seen.hash)
                # Either somebody added a row just now, or the end was cut off.
                if not await rows.walk(tx, tenant_id, seen.number, 1):
                    reason = "the chain does not end in its head: rows are missing at the end"
                    return Verdict(key, seen.number, erased, seen.hash, seen.number + 1, reason)


def _chained(note: Note, actor: Actor, head: Head, now: datetime) -> Record:
    """The note as the row that follows `head`."""
    draft = Record(
        number=head.number + 1,
        at=now,
        actor=actor.who,
        address=actor.address,
        action=note.action,
        subject=note.subject,
        details=_canonical({"before": masked(note.before), "after": masked(note.after)}).decode(),
        salt=secrets.token_hex(16),
        digest="",
        hash="",
    )
    sealed = replace(draft, digest=_digest(draft))
    return replace(sealed, hash=_hash(sealed, head.hash))


def _fault(record: Record, seen: Head) -> str:
    """Why this record cannot follow what was seen; empty where it does."""
    if record.number != seen.number + 1:
        return "the row is missing"
    if not record.erased and record.digest != _digest(record):
        return "who did it, or what was before or after, was changed"
    if record.hash != _hash(record, seen.hash):
        return "the row, or its place in the chain, was changed"
    return ""


def _digest(record: Record) -> str:
    return sha256(_canonical([record.salt, record.actor, record.address, record.details])).hexdigest()


def _hash(record: Record, previous: str) -> str:
    at = record.at.astimezone(UTC).isoformat(timespec="microseconds")
    row = {
        "number": record.number,
        "at": at,
        "action": record.action,
        "subject": record.subject,
        "digest": record.digest,
    }
    return sha256(_canonical({"previous": previous, **row})).hexdigest()


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _entry(record: Record) -> Entry:
    details = {} if record.erased else orjson.loads(record.details)
    return Entry(
        number=record.number,
        at=record.at,
        actor=record.actor,
        address=record.address,
        action=record.action,
        subject=record.subject,
        before=details.get("before"),
        after=details.get("after"),
        erased=record.erased,
    )
