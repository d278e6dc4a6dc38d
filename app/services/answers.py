"""A create that is repeated under the same key is answered again, not done again.

Answers are sealed at rest: one of them may carry a credential that is shown once.
"""

from dataclasses import dataclass
from datetime import timedelta

from app.db import answers as rows
from app.db.answers import Slot
from app.db.database import Database
from app.db.sealed import Sealer, Unopenable
from app.domain.actor import Actor
from app.domain.clock import Clock
from app.domain.errors import Conflict, InvalidRequest

KEPT_FOR = timedelta(hours=24)
ABANDONED = timedelta(minutes=5)  # longer than any deed takes


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was sent."""

    status: int
    headers: dict[str, str]
    body: bytes


class Answers:
    """Keeps answers for `KEPT_FOR`."""

    def __init__(self, db: Database, sealer: Sealer, clock: Clock) -> None:
        self._db, self._sealer, self._clock = db, sealer, clock

    async def begin(self, actor: Actor, key: str, request: bytes) -> Kept | None:
        """The answer of the first time; None: this is it, do it, then `keep` or `forget`.

        `request`: the digest of what is asked. Raises InvalidRequest when something else was asked under this
        key, Conflict while the first is still being done.
        """
        slot, now = _slot(actor, key), self._clock()
        async with self._db.begin() as tx:
            await rows.forget(tx, now - KEPT_FOR, now - ABANDONED)
            if await rows.claim(tx, slot, request, now):
                return None
            known = await rows.find(tx, slot)
        if known is not None and known.request != request:
            raise InvalidRequest("This Idempotency-Key was used for another request. Take a new one.")
        if known is None or known.status is None:
            raise Conflict("The first request with this Idempotency-Key is still being done.")
        try:
            return Kept(known.status, known.headers, self._sealer.open(known.body, _name(slot)))
        except Unopenable as exc:
            raise Conflict("This was done already, and its answer can no longer be repeated.") from exc

    async def keep(self, actor: Actor, key: str, kept: Kept) -> None:
        """What was answered, for whoever asks again."""
        slot = _slot(actor, key)
        async with self._db.begin() as tx:
            await rows.fill(tx, slot, kept.status, kept.headers, self._sealer.seal(kept.body, _name(slot)))

    async def forget(self, actor: Actor, key: str) -> None:
        """It failed: the same key may be used to try again."""
        async with self._db.begin() as tx:
            await rows.remove(tx, _slot(actor, key))


def _slot(actor: Actor, key: str) -> Slot:
    return Slot(actor.tenant_id, actor.who, key)


def _name(slot: Slot) -> str:
    return f"answer:{slot.tenant_id}:{slot.actor}:{slot.key}"
