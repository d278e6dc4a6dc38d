"""The health of connections: tried every day, soon after a deed failed, and every hour while it is bad."""

from datetime import datetime, timedelta

import structlog

from app.db import connections
from app.db.connections import Connection
from app.db.database import Database
from app.providers.base import CheckReport, CheckStep
from app.services.activation import HEALTHY_FOR, LOOK_AGAIN_AFTER, as_json
from app.services.connections import Connections

log = structlog.get_logger(__name__)

AT_ONCE = 5
ASIDE = timedelta(minutes=5)  # a process that dies in a check holds it back no longer
NOT_AGAIN_WITHIN = timedelta(minutes=15)


class Health:
    """Any number of processes may check: each due connection is taken by one of them."""

    def __init__(self, db: Database, work: Connections) -> None:
        self._db, self._connections = db, work

    async def check_due(self, now: datetime) -> int:
        """Check what is due and keep the reports. Says how many connections that were."""
        async with self._db.begin() as tx:
            await connections.hasten(tx, now, now - NOT_AGAIN_WITHIN)
            due = await connections.claim_due(tx, now, now + ASIDE, AT_ONCE)
        for row in due:
            await self._check(row, now)
        return len(due)

    async def _check(self, row: Connection, now: datetime) -> None:
        report = await self._report(row)
        again_at = now + (HEALTHY_FOR if report.ok else LOOK_AGAIN_AFTER)
        async with self._db.begin() as tx:
            await connections.keep_health(tx, row, as_json(report), now, again_at)
        if not report.ok:
            failed = next((step.name for step in report.steps if not step.ok), "")
            log.warning("connection unhealthy", connection=str(row.id), step=failed)

    async def _report(self, row: Connection) -> CheckReport:
        """What trying it says; a provider that breaks its promise not to raise is unhealthy too."""
        try:
            return await self._connections.try_out(row.provider, self._connections.stored(row))
        except Exception:
            log.exception("check failed", connection=str(row.id))
            detail = "The stored settings could not be used. Enter them again."
            return CheckReport((CheckStep("The stored settings are usable", ok=False, detail=detail),))
