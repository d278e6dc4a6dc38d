"""An LMS that schedules classes around ten o'clock, and the people of a portal."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app.db.tables import sessions
from app.domain.actor import Actor, Constraint, Grant
from app.domain.calendar import Span
from app.domain.caller import Caller
from app.domain.people import InstructorDraft, person_key
from app.domain.permissions import Scope
from app.wiring import House
from tests.services.conftest import draft

INA, TOM = "Ina@Example.com", "tom@example.com"
TEN = datetime(2030, 5, 14, 10, tzinfo=UTC)
WINDOW = Span(TEN - timedelta(days=1), TEN + timedelta(days=1))


def person(tenant_id: UUID, email: str = INA, *more: Grant) -> Actor:
    """A signed-in instructor: the own classes, and what else is given."""
    own = Grant(Scope.ILT_SESSIONS_VIEW, Constraint(own_classes=True))
    return Actor(tenant_id, "user", email, (own, *more), person_key=person_key(email))


def planner(tenant_id: UUID) -> Actor:
    both = (Grant(Scope.ILT_SESSIONS_VIEW), Grant(Scope.ILT_SESSIONS_CREATE))
    return Actor(tenant_id, "user", "pam@example.com", both, person_key="pam@example.com")


@dataclass
class Scheduler:
    """Schedules a class: hours from ten o'clock, how many, and who is named; its id here."""

    house: House
    caller: Caller

    async def __call__(
        self, begins: float, hours: float, *names: str, by: Caller | None = None, **more: object
    ) -> UUID:
        wanted = draft(
            starts_at=TEN + timedelta(hours=begins),
            ends_at=TEN + timedelta(hours=begins + hours),
            instructors=names or None,
            **more,
        )
        await self.house.sessions.create(by or self.caller, wanted)
        async with self.house.db.read() as tx:
            found = await tx.execute(
                select(sessions.c.id).where(sessions.c.external_id == wanted.external_id)
            )
            return UUID(str(found.scalar_one()))


async def hire(house: House, caller: Caller, *emails: str) -> None:
    for email in emails:
        await house.instructors.add(caller, InstructorDraft(email, email[:3], "Ruiz", active=True))
