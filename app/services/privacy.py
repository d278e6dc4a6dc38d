"""Privacy: how long names are kept, everything about one person as one file, and taking a name away.

All of it needs `users:manage` ("Users - Manage"): the catalogue has no permission of its own for it, and this
is the one that decides about people. Erasing puts a pseudonym in every place of the name: one for each person
and tenant, made with a sealed key, and kept nowhere beside the name, so that totals stay true. When a period
is over the pseudonym is random for each class: not even the same person in two classes can be told. Whoever
was erased is remembered by a digest (services/erasures.py): a late report does not bring the name back.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.db import forgetting, grants, persons, privacy, sessions
from app.db.database import UPKEEP_SECONDS, Database, Tx
from app.db.forgetting import Periods as Periods
from app.db.persons import Person
from app.domain.actor import Actor, commanding
from app.domain.clock import Clock
from app.domain.errors import InvalidRequest, NotAllowed, NotFound, Stale
from app.domain.people import is_email, person_key
from app.domain.permissions import Scope
from app.services.audit import Audit
from app.services.erasures import Erasures, spelled
from app.services.grants import opened, require_to_give
from app.services.jobs import Chore

LONGEST_DAYS = 36_500
KIND = "privacy"
DAILY = timedelta(days=1)
AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure came to: the pseudonym, and the rows of each table that it stands in now."""

    pseudonym: str
    rows: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What applying the periods came to: people in classes, logins, deeds in the audit trail."""

    people: int = 0
    logins: int = 0
    deeds: int = 0


class Privacy:
    """Each deed is written down in the audit trail, without the name that it was about."""

    def __init__(self, db: Database, erasures: Erasures, audit: Audit, clock: Clock) -> None:
        self._db, self._erasures, self._audit, self._clock = db, erasures, audit, clock

    async def periods(self, actor: Actor) -> Periods:
        """How long names are kept in the actor's tenant."""
        actor.require(Scope.USERS_MANAGE)
        async with self._db.read() as tx:
            return await forgetting.periods(tx, actor.tenant_id)

    async def decide(self, actor: Actor, new: Periods, expected: int | None = None) -> Periods:
        """Keep them for so long from now on. Raises InvalidRequest, Stale."""
        actor.require(Scope.USERS_MANAGE)
        for days in (new.class_days, new.login_days, new.audit_days):
            if days is not None and not 1 <= days <= LONGEST_DAYS:
                raise InvalidRequest(f"A period is 1 to {LONGEST_DAYS} days; leave it empty for ever.")
        async with self._db.begin() as tx:
            known = await forgetting.periods(tx, actor.tenant_id)
            if not await forgetting.decide(tx, actor.tenant_id, new, expected, self._clock()):
                raise Stale
            stored = await forgetting.periods(tx, actor.tenant_id)
            subject = f"tenant:{actor.tenant_id}"
            before, after = _days(known), _days(stored)
            await self._audit.note(
                tx, actor, action="retention.decided", subject=subject, before=before, after=after
            )
        return stored

    async def look(self, actor: Actor, email: str) -> Mapping[str, int]:
        """How many rows name this person, by table. Raises NotFound where none does."""
        _, found = await self._traces(actor, email)
        return {name: len(rows) for name, rows in found.items()}

    async def export(self, actor: Actor, email: str) -> dict[str, Any]:
        """Everything that is stored about this person, as plain JSON. Raises NotFound."""
        person, found = await self._traces(actor, email)
        subject = f"person:{(await self._erasures.namer()).pseudonym(person)}"
        async with self._db.begin() as tx:
            counts = {name: len(rows) for name, rows in found.items()}
            await self._audit.note(tx, actor, action="person.exported", subject=subject, after=counts)
        return {
            "person": email.strip(),
            "made_at": self._clock().isoformat(),
            "tables": {name: [_plain(row) for row in rows] for name, rows in found.items()},
        }

    async def erase(self, actor: Actor, email: str) -> Erased:
        """Put a pseudonym in the person's place, everywhere in the tenant, and in what is told later of
        classes that are over. It cannot be undone.

        Raises NotFound; NotAllowed for oneself, and for somebody with more rights than the actor's.
        """
        actor.require(Scope.USERS_MANAGE)
        address, namer, now = _address(email), await self._erasures.namer(), self._clock()
        async with self._db.begin() as tx:
            person = await persons.find(tx, actor.tenant_id, address)
            pseudonym = namer.pseudonym(person)
            await _refuse_above(tx, actor, person)
            deeds = await forgetting.deeds_naming(tx, actor.tenant_id, person.keys)
            identities = await self._leave_meetings(tx, person, now)
            rows = await privacy.erase(tx, person, pseudonym, now)
            told = await forgetting.erase_deeds(tx, deeds, person.whos, pseudonym, now)
            rows = {**rows, AUDIT: told} if told else rows
            if not rows:
                raise NotFound("Nothing is stored about this person.")
            await self._erasures.remember(tx, namer, person, identities, now)
            subject = f"person:{pseudonym}"
            await self._audit.note(tx, actor, action="person.erased", subject=subject, after=rows)
        return Erased(pseudonym, rows)

    async def apply(self, actor: Actor) -> Forgotten:
        """Take away the names whose time is over, now. Harmless to repeat."""
        actor.require(Scope.USERS_MANAGE)
        now = self._clock()
        periods = await self.periods(actor)
        people = await self._forget_people(actor.tenant_id, _since(now, periods.class_days))
        logins = deeds = 0
        async with self._db.begin() as tx:
            if since := _since(now, periods.login_days):
                logins = await forgetting.end_logins(tx, actor.tenant_id, since)
            if since := _since(now, periods.audit_days):
                deeds = await forgetting.forget_deeds(tx, actor.tenant_id, since, now)
            await forgetting.applied(tx, actor.tenant_id, now)
            if people or logins or deeds:
                counts = {"people": people, "logins": logins, "deeds": deeds}
                subject = f"tenant:{actor.tenant_id}"
                await self._audit.note(tx, actor, action="retention.applied", subject=subject, after=counts)
        return Forgotten(people, logins, deeds)

    def chores(self) -> dict[str, Chore]:
        """Every kind of job that is done here."""
        return {KIND: self.chore}

    async def chore(self, _subject: str, now: datetime) -> datetime | None:
        """What is over is forgotten by itself, daily."""
        await self.apply_everywhere()
        return now + DAILY

    async def apply_everywhere(self) -> int:
        """The same as `apply`, for every tenant that has periods. Says how many tenants."""
        async with self._db.read() as tx:
            found = await forgetting.deciders(tx)
        for tenant_id, _key in found:
            await self.apply(commanding(tenant_id, "vilt upkeep"))
        return len(found)

    async def _traces(self, actor: Actor, email: str) -> tuple[Person, dict[str, list[dict[str, Any]]]]:
        actor.require(Scope.USERS_MANAGE)
        address = _address(email)
        async with self._db.read() as tx:
            person = await persons.find(tx, actor.tenant_id, address)
            found = await privacy.traces(tx, person)
            deeds = await forgetting.deeds_naming(tx, actor.tenant_id, person.keys)
        found |= {AUDIT: deeds} if deeds else {}
        if not found:
            raise NotFound("Nothing is stored about this person.")
        return person, found

    async def _forget_people(self, tenant_id: UUID, before: datetime | None) -> int:
        count, after = 0, None
        while before is not None:
            async with self._db.begin(UPKEEP_SECONDS) as tx:
                ids = await forgetting.over(tx, tenant_id, before, after)
                if not ids:
                    break
                for session_id, key in await forgetting.named_in(tx, ids):
                    await forgetting.replace_name(tx, session_id, key, spelled(secrets.token_hex(10)))
                    count += 1
            after = ids[-1]
        return count

    async def _leave_meetings(self, tx: Tx, person: Person, now: datetime) -> set[str]:
        """Let the provider's meetings follow; says what providers call the person, as person keys."""
        identities = set()
        for place in await privacy.instructor_places(tx, person):
            await sessions.want_again(tx, place.connection_id, [place.key], now)
            if place.identity:
                identities.add(person_key(place.identity).removeprefix("sip:"))
        return identities


async def _refuse_above(tx: Tx, actor: Actor, person: Person) -> None:
    if actor.person_key in person.keys:
        raise NotAllowed("Nobody erases themselves: another administrator can.")
    for lines in (await grants.of_users(tx, person.user_ids)).values():
        require_to_give(actor, opened(lines))


def _address(email: str) -> str:
    email = email.strip()
    if not is_email(email):
        raise InvalidRequest("Enter the person's e-mail address.")
    return email


def _since(now: datetime, days: int | None) -> datetime | None:
    return None if days is None else now - timedelta(days=days)


def _days(periods: Periods) -> dict[str, int | None]:
    return {
        "class_days": periods.class_days,
        "login_days": periods.login_days,
        "audit_days": periods.audit_days,
    }


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    simple = (str, int, float, bool, list, dict, type(None))
    return {
        name: value.isoformat()
        if isinstance(value, datetime)
        else value
        if isinstance(value, simple)
        else str(value)
        for name, value in row.items()
    }
