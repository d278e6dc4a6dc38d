"""What a provider pushed and nobody can use (yet): sealed, set aside, and counted for administrators.

A fact about a meeting that is not known is looked at again every ten minutes: it becomes evidence once the
meeting is there. What makes no sense stays for whoever mends the provider. Both are forgotten after a month.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from uuid import UUID, uuid4

import orjson
import structlog

from app.db import evidence, pushes
from app.db.database import Database
from app.db.pushes import Parked
from app.db.sealed import Sealer, Unopenable
from app.domain.attendance import Evidence, Kind
from app.domain.clock import Clock
from app.services.erasures import Erasures
from app.telemetry import meters

log = structlog.get_logger()

AGAIN = timedelta(minutes=10)
KEPT = timedelta(days=30)
AT_ONCE = 500
MOST_BYTES = 16_384  # of a push that makes no sense: enough to see what it is


@dataclass(frozen=True, slots=True)
class Stray:
    """Evidence of a meeting that this connection does not have, or not yet."""

    connection_id: UUID
    meeting_id: UUID
    piece: Evidence


class Leftovers:
    """Keeps what is left over, and takes it up again."""

    KIND = "pushes"  # of the chore

    def __init__(self, db: Database, sealer: Sealer, erasures: Erasures, clock: Clock) -> None:
        self._db, self._sealer, self._erasures, self._clock = db, sealer, erasures, clock

    async def unreadable(self, connection_id: UUID, body: bytes) -> None:
        """Set a push aside of which no sense, or not all, could be made. The same one again is one."""
        name = blake2b(body, digest_size=16).hexdigest()
        row = self._sealed(connection_id, None, name, body[:MOST_BYTES])
        async with self._db.begin() as tx:
            await pushes.park(tx, [row], self._clock())
        log.warning("push makes no sense", connection=str(connection_id), bytes=len(body))

    async def strays(self, strays: Sequence[Stray]) -> None:
        """Set evidence aside whose meeting is not known."""
        if strays:
            async with self._db.begin() as tx:
                await pushes.park(tx, [self._stray(stray) for stray in strays], self._clock())

    async def chore(self, _subject: str, now: datetime) -> datetime | None:
        """Make evidence of what has its meeting by now; forget what nobody can use any more."""
        namer = await self._erasures.namer()
        async with self._db.begin() as tx:
            found = await pushes.come_home(tx, AT_ONCE)
            opened = [(parked, home, self._opened(parked)) for parked, home in found]
            told = [(home, piece) for _, home, piece in opened if piece]
            await evidence.keep(tx, await self._erasures.observed(tx, namer, told, now), now)
            await pushes.remove(tx, [parked.id for parked, _, piece in opened if piece])
            await pushes.forget(tx, now - KEPT)
            left = await pushes.count(tx)
        meters.PUSHES_PARKED.labels("unreadable").set(left.unreadable)
        meters.PUSHES_PARKED.labels("unknown").set(left.unknown)
        return now + AGAIN

    def _stray(self, stray: Stray) -> Parked:
        piece = stray.piece
        # Joining and leaving are told apart: whichever comes last must not hide the other.
        name = f"{stray.meeting_id}:{piece.instance}:{'over' if piece.until else 'open'}"
        told = [piece.email, piece.at, piece.until, piece.source, piece.instance]
        return self._sealed(stray.connection_id, stray.meeting_id, name, orjson.dumps(told))

    def _sealed(self, connection_id: UUID, meeting_id: UUID | None, name: str, plain: bytes) -> Parked:
        row_id = uuid4()
        return Parked(row_id, connection_id, meeting_id, name, self._sealer.seal(plain, f"push:{row_id}"))

    def _opened(self, parked: Parked) -> Evidence | None:
        """None where no key opens it (any more); it is forgotten in its time."""
        try:
            told = orjson.loads(self._sealer.open(parked.sealed, f"push:{parked.id}"))
        except Unopenable:
            return None
        email, at, until, source, instance = told
        ended_at = datetime.fromisoformat(until) if until else None
        return Evidence(email, Kind.PRESENT, datetime.fromisoformat(at), ended_at, source, instance)
