"""Refusals in the audit trail: what somebody tried and was not let do. A flood of them fills no disk.

A refused deed left nothing behind, so its row has a transaction of its own. From one network at most twenty
are written in a minute, of one tenant at most three hundred in a quarter of an hour; the last of them says
so, and what comes after it stands in the log alone.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog

from app.db.database import UNREACHABLE, Database
from app.domain.actor import Actor
from app.domain.arrivals import Arrival
from app.domain.clock import Clock
from app.domain.errors import Throttled
from app.services.audit import Audit
from app.services.throttle import Throttle

OF_ONE_NETWORK = 20  # in a minute
OF_A_TENANT, WHILE = 300, timedelta(minutes=15)
LAST = "as many as are written down for now: further ones are in the log"

log = structlog.get_logger(__name__)


class Refusals:
    """Counts in this process only. Without a database a refusal is still told; only its row is missing."""

    def __init__(self, db: Database, audit: Audit, clock: Clock) -> None:
        self._db, self._audit = db, audit
        self._networks = Throttle(clock, OF_ONE_NETWORK)
        self._tenants = Throttle(clock, OF_A_TENANT, WHILE)

    async def note(self, actor: Actor, action: Arrival, subject: str, after: Mapping[str, Any]) -> None:
        """Write down what `actor` was refused, and why."""
        log.info("refused", action=action, actor_kind=actor.kind, address=actor.address)
        if (last := self._counted(actor)) is None:
            return
        told = {**after, "note": LAST} if last else after
        try:
            async with self._db.begin() as tx:
                await self._audit.note(tx, actor, action=action, subject=subject, after=told)
        except UNREACHABLE as exc:
            log.warning("refusal not written down", action=action, error=type(exc).__name__)

    def _counted(self, actor: Actor) -> bool | None:
        """Whether this is the last one for now; None when that was written already."""
        tenant = str(actor.tenant_id)
        try:
            self._networks.check(tenant, actor.address)
            self._tenants.check(tenant, "")
        except Throttled:
            return None
        closed = self._networks.failed(tenant, actor.address), self._tenants.failed(tenant, "")
        return any(closed)
