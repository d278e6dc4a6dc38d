"""When VILT_SECRET_KEY is lost: what cannot be opened any more is given up, and everything else goes on.

Providers' passwords are to be entered again and clients need new secrets. A meeting is looked for at its
provider by its marker, since its name there was sealed. What a text of the ring still opens is not touched.
"""

from collections import Counter

from app.db import key_loss
from app.db import keys as rows
from app.db.database import Database, Tx
from app.db.sealed import Sealer, Unopenable
from app.domain.clock import Clock


class KeyLoss:
    """Looks for what does not open, and gives it up when told to."""

    def __init__(self, db: Database, sealer: Sealer, clock: Clock) -> None:
        self._db, self._sealer, self._clock = db, sealer, clock

    async def give_up(self, *, dry_run: bool) -> Counter[str]:
        """How many rows of each kind do not open; unless `dry_run`, they are given up. May be repeated."""
        lost: Counter[str] = Counter()
        for column in rows.SEALED:
            after = None
            while True:
                async with self._db.begin() as tx:
                    page = await rows.lock_page(tx, column, after)
                    closed = [row_id for row_id, sealed in page if not self._opens(column, row_id, sealed)]
                    if not dry_run:
                        await self._let_go(tx, column, closed)
                lost[column.word] += len(closed)
                if not page:
                    break
                after = page[-1][0]
        return lost

    async def _let_go(self, tx: Tx, column: rows.SealedColumn, closed: list[object]) -> None:
        for row_id in closed:
            await key_loss.give_up(tx, column.word, row_id, self._clock())

    def _opens(self, column: rows.SealedColumn, row_id: object, sealed: bytes) -> bool:
        try:
            self._sealer.open(sealed, f"{column.word}:{row_id}")
        except Unopenable:
            return False
        return True
