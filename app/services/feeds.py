"""An instructor's calendar under a secret address: made, shown once, revoked, and read by calendar programs.

Whoever has the address can read, so it says no more than a calendar has to, and it ends with the user: one
who is deactivated, or who may not see sessions any more, has no calendar.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from app.db import feeds, grants, schedules, users
from app.db.database import Database, Tx
from app.db.feeds import Feed as Feed
from app.db.schedules import Part
from app.db.users import User
from app.domain.actor import Actor
from app.domain.calendar import Appointment, Span
from app.domain.clock import Clock
from app.domain.errors import InvalidRequest, NotFound
from app.domain.permissions import Scope
from app.services.audit import Audit
from app.services.grants import opened
from app.services.schedules import whose_of

BACK, AHEAD = timedelta(days=60), timedelta(days=400)
KEPT = timedelta(days=30)  # how long a calendar is told that somebody was taken off a class
MOST = 1000
NOTED_EVERY = timedelta(hours=1)
LONGEST_TOKEN = 100
NO_FEED = "This calendar address does not work (any more). Make a new one under View Your Sessions."


@dataclass(frozen=True, slots=True)
class Address:
    """Shown once."""

    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Calendar:
    """What stands under an address. `page`: where a class is opened by whoever the calendar belongs to."""

    owner: str
    appointments: tuple[Appointment, ...]
    base_url: str

    def page(self, appointment: Appointment) -> str:
        """The class's page, on which its reader signs in: no link here lets anybody in by itself."""
        return f"{self.base_url}/admin/schedule/{appointment.session_id}"


class Feeds:
    """One address for each user, who alone makes and revokes it. Needs `ilt-sessions:view`."""

    def __init__(self, db: Database, audit: Audit, clock: Clock, public_url: str) -> None:
        self._db, self._audit, self._clock = db, audit, clock
        self._base = public_url.rstrip("/")

    async def present(self, actor: Actor) -> Feed | None:
        """The reader's own; the address itself is not known any more."""
        async with self._db.read() as tx:
            return await feeds.of_user(tx, (await _user(tx, actor)).id)

    async def make(self, actor: Actor) -> Address:
        """A new address; the one before it stops working at once."""
        token = secrets.token_urlsafe(32)
        async with self._db.begin() as tx:
            user = await _user(tx, actor)
            await feeds.put(tx, user.id, _digest(token), self._clock())
            await self._audit.note(tx, actor, action="calendar.address_made", subject=f"user:{user.id}")
        return Address(f"{self._base}/calendar/{token}.ics")

    async def revoke(self, actor: Actor) -> None:
        """No address from now on; repeatable."""
        async with self._db.begin() as tx:
            user = await _user(tx, actor)
            if await feeds.remove(tx, user.id):
                await self._audit.note(
                    tx, actor, action="calendar.address_revoked", subject=f"user:{user.id}"
                )

    async def read(self, token: str) -> Calendar:
        """The calendar as it stands now. Raises NotFound, alike for every reason."""
        now = self._clock()
        async with self._db.read() as tx:
            feed = await feeds.find(tx, _digest(token[:LONGEST_TOKEN]))
            reader = await _reader(tx, feed.user_id) if feed else None
            if feed is None or reader is None:
                raise NotFound(NO_FEED)
            part = Part(Span(now - BACK, now + AHEAD), MOST, with_gone=True)
            found = await schedules.calendar(tx, whose_of(reader, ""), part)
        if feed.read_at is None or now - feed.read_at >= NOTED_EVERY:
            async with self._db.begin() as tx:
                await feeds.note_reading(tx, feed.user_id, now)
        shown = tuple(one for one in found if not one.cancelled or one.changed_at > now - KEPT)
        return Calendar(reader.name, shown, self._base)


async def _user(tx: Tx, actor: Actor) -> User:
    actor.require(Scope.ILT_SESSIONS_VIEW)
    user = await users.find_by_email(tx, actor.name) if actor.kind == "user" else None
    if user is None or user.tenant_id != actor.tenant_id:
        raise InvalidRequest("Only a person has a calendar: sign in as one.")
    return user


async def _reader(tx: Tx, user_id: UUID) -> Actor | None:
    """The owner as they would be if they signed in now; None when they may not see sessions."""
    user = await users.find(tx, user_id)
    if user is None or not user.active:
        return None
    given = await grants.of_users(tx, [user_id])
    actor = Actor(user.tenant_id, "user", user.email, opened(given.get(user_id, ())), person_key=user.key)
    return actor if actor.may(Scope.ILT_SESSIONS_VIEW) else None


def _digest(token: str) -> bytes:
    """256 random bits need no slow hash: there is nothing to guess."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
