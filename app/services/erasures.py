"""Erased people stay erased: what is told late of a class before the erasure stands under their pseudonym.

Pseudonyms and digests are made with one sealed key, so that neither tells an address. Somebody who is trained
again later is an ordinary person in every class that ends after the erasure.
"""

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from app.db import erasures
from app.db.database import Database, Tx
from app.db.evidence import Observation
from app.db.forgetting import ERASED
from app.db.persons import Person
from app.db.pushes import Home
from app.domain.attendance import Evidence
from app.domain.people import person_key
from app.domain.session import Session
from app.services.keys import Keys, Purpose


@dataclass(frozen=True, slots=True)
class Namer:
    """Makes names that tell no name."""

    key: bytes = field(repr=False)

    def pseudonym(self, person: Person) -> str:
        """The same one again for the same person in the same tenant."""
        return spelled(self._mac(f"{person.tenant_id} {min(person.keys)}").hex()[:20])

    def digest(self, tenant_id: UUID, key: str) -> bytes:
        """By which this person key is known again."""
        return self._mac(f"erased {tenant_id} {key}")

    def _mac(self, text: str) -> bytes:
        return hmac.digest(self.key, text.encode("utf-8", "surrogatepass"), "sha256")


class Erasures:
    """Remembers who was erased, and when."""

    def __init__(self, db: Database, keys: Keys) -> None:
        self._db, self._keys = db, keys

    async def namer(self) -> Namer:
        """Ask before opening a transaction (services/keys.py)."""
        return Namer((await self._keys.newest(Purpose.PSEUDONYMS)).material)

    async def remember(
        self, tx: Tx, namer: Namer, person: Person, others: Collection[str], now: datetime
    ) -> None:
        """This person is erased from `now` on; `others`: what providers call them, as person keys."""
        digests = {namer.digest(person.tenant_id, key) for key in {*person.keys, *others}}
        await erasures.remember(tx, person.tenant_id, digests, namer.pseudonym(person), now)

    async def told(self, session: Session, rows: Sequence[Evidence]) -> tuple[Evidence, ...]:
        """Evidence of a class as it may be kept: pseudonyms for those who were erased since it ended."""
        if not rows:
            return ()
        namer = await self.namer()
        async with self._db.read() as tx:
            return await _told(tx, namer, session, rows)

    async def observed(
        self, tx: Tx, namer: Namer, told: Sequence[tuple[Home, Evidence]], now: datetime
    ) -> list[Observation]:
        """The same for what belongs to many classes."""
        seen: list[Observation] = []
        late: dict[Home, list[Evidence]] = {}
        for home, piece in told:
            if home.ends_at > now:  # nobody was erased after an end that is still to come
                seen.append(Observation(home.session_id, piece))
            else:
                late.setdefault(home, []).append(piece)
        for home, pieces in late.items():
            seen += [Observation(home.session_id, piece) for piece in await _told(tx, namer, home, pieces)]
        return seen


async def _told(tx: Tx, namer: Namer, held: Session | Home, rows: Sequence[Evidence]) -> tuple[Evidence, ...]:
    digests = {row.email: namer.digest(held.tenant_id, person_key(row.email)) for row in rows}
    erased = await erasures.since(tx, held.tenant_id, set(digests.values()), held.ends_at)
    if not erased:
        return tuple(rows)
    return tuple(replace(row, email=erased.get(digests[row.email], row.email)) for row in rows)


def spelled(name: str) -> str:
    """An address that nobody can have (RFC 2606), so that whatever shows addresses can show it."""
    return f"{ERASED}{name}@erased.invalid"
