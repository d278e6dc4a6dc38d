"""What is done by itself: attendance after the class, meetings that nobody cancels, health, retention."""

from datetime import datetime, timedelta
from uuid import UUID

from app.db import jobs, retention, sessions
from app.db.database import UPKEEP_SECONDS, Database
from app.db.meetings import Meetings
from app.domain.session import Session, SessionState
from app.services.attendance import Attendance
from app.services.health import Health
from app.services.jobs import Chore
from app.services.logins import IDLE

FIRST_LOOK = timedelta(minutes=5)  # after the end of a class, at its report
LOOK_AGAIN = timedelta(hours=1)  # at a report that is late
NO_LONGER = timedelta(days=7)  # than the provider says itself do we wait for its report
HEALTH_EVERY = timedelta(seconds=30)  # asks which connections are due; they are checked far less often
DAILY = timedelta(days=1)
CHORES = ("health", "retention", "reconciliation", "privacy", "pushes")


class Upkeep:
    """Each of these may be done twice, or again after it was cut off in the middle.

    `grace`: how long after its end a class that was never cancelled stays at the provider.
    """

    def __init__(
        self, db: Database, store: Meetings, attendance: Attendance, health: Health, grace: timedelta
    ) -> None:
        self._db, self._store = db, store
        self._attendance, self._health, self._grace = attendance, health, grace

    def chores(self) -> dict[str, Chore]:
        """Every kind of job that is done here."""
        return {
            "attendance": self.attendance,
            "expiry": self.expiry,
            "health": self.health,
            "retention": self.retention,
        }

    async def attendance(self, subject: str, now: datetime) -> datetime | None:
        """Fetch a class's report until it is final, on the provider's own schedule; then no more."""
        session = await self._session(subject)
        first = session.ends_at + FIRST_LOOK
        if now < first:
            return first
        report_due = session.ends_at + await self._attendance.delay(session)
        final = await self._attendance.fetch(session)
        if final or now > report_due + NO_LONGER:
            return None
        return _next_look(session, now, report_due)

    async def expiry(self, subject: str, now: datetime) -> datetime | None:
        """A class that is long over and was never cancelled: the provider need not keep it (contract C).

        What the report says is fetched first.
        """
        session = await self._session(subject)
        if session.state is not SessionState.SCHEDULED:
            return None
        over = session.ends_at + self._grace
        if now < over:
            return over
        async with self._db.begin() as tx:
            if await jobs.waiting(tx, "attendance", subject):
                return now + LOOK_AGAIN
            await self._store.expire(tx, session.id, now)
        return None

    async def health(self, _subject: str, now: datetime) -> datetime | None:
        """Check the connections that are due."""
        await self._health.check_due(now)
        return now + HEALTH_EVERY

    async def retention(self, _subject: str, now: datetime) -> datetime | None:
        """Forget what refuses itself by now. Names have periods of their own (services/privacy.py)."""
        async with self._db.begin(UPKEEP_SECONDS) as tx:
            await retention.forget(tx, now, idle_since=now - IDLE)
        return now + DAILY

    async def _session(self, subject: str) -> Session:
        async with self._db.read() as tx:
            return await sessions.get(tx, UUID(subject))


def _next_look(session: Session, now: datetime, report_due: datetime) -> datetime:
    """Gaps grow as the class recedes, with one look when the report should be final; then hourly."""
    if now >= report_due:
        return now + LOOK_AGAIN
    return min(report_due, now + max(FIRST_LOOK, now - session.ends_at))
