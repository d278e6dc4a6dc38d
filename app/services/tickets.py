"""Tickets shared by all processes: whoever needs one takes what is there; only one at a time signs in.

Kept sealed in the database, for one revision of a connection's settings. A process that dies while it signs
in is taken over when its lease ends. A refused account is left alone by every process: accounts lock.
What a process remembers of a ticket may be stale; the provider's 401 tells it so, and it looks again.
"""

import asyncio
from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from app.db import tickets
from app.db.database import Database
from app.db.sealed import Sealer, Unopenable
from app.db.tickets import Desk, TicketRow
from app.domain.clock import Clock
from app.domain.errors import AccountBroken, ProviderUnavailable
from app.providers.tickets import MemoryTickets, SignIn, Ticket

LEASE = timedelta(seconds=30)
SIGN_IN_SECONDS = 25.0  # ends before the lease, so that two never sign in at once
LEAVE_ALONE = timedelta(minutes=10)
LOOK_AGAIN_SECONDS = 0.1


class TicketStore:
    """The tickets of every connection."""

    def __init__(self, db: Database, sealer: Sealer, clock: Clock) -> None:
        self._db, self._sealer, self._clock = db, sealer, clock

    def of(self, connection_id: UUID, revision: int) -> "SharedTickets":
        """The tickets of one connection as its settings are now."""
        return SharedTickets(self, connection_id, revision)

    def now(self) -> datetime:
        """The moment by which tickets live and end, in every process."""
        return self._clock()

    async def take(self, desk: Desk, claim: UUID, refused: str | None) -> Ticket | bool:
        """The ticket that is there; True: there is none and `claim` may sign in; False: somebody else does.

        Raises AccountBroken while a refused account is left alone, Outdated when the settings are newer.
        """
        now = self._clock()
        async with self._db.begin() as tx:
            row = await tickets.lock(tx, desk)
            if row.revision != desk.revision:
                raise Outdated
            ticket = self._opened(desk, row)
            if ticket is not None and ticket.serves(now, refused):
                return ticket
            if row.left_alone_until is not None and now < row.left_alone_until:
                raise AccountBroken
            if row.claimed_until is not None and now < row.claimed_until <= now + LEASE:
                return False
            await tickets.claim(tx, desk, claim, now + LEASE)
            return True

    async def keep(self, desk: Desk, claim: UUID, ticket: Ticket) -> None:
        """The sign-in of `claim` brought `ticket`: from now on it is everybody's."""
        sealed = self._sealer.seal(ticket.text.encode(), _name(desk))
        async with self._db.begin() as tx:
            await tickets.keep(tx, desk, claim, sealed, ticket.expires_at)

    async def give_up(self, desk: Desk, claim: UUID, *, refused: bool) -> None:
        """The sign-in brought no ticket. `refused`: it is the account's fault."""
        alone_until = self._clock() + LEAVE_ALONE if refused else None
        async with self._db.begin() as tx:
            await tickets.release(tx, desk, claim, alone_until)

    def _opened(self, desk: Desk, row: TicketRow) -> Ticket | None:
        """None too where no key opens it any more: then somebody signs in anew."""
        if row.sealed is None or row.expires_at is None:
            return None
        try:
            return Ticket(self._sealer.open(row.sealed, _name(desk)).decode(), row.expires_at)
        except Unopenable:
            return None


class Outdated(Exception):
    """Newer settings are in use elsewhere; this provider is about to be replaced."""


class SharedTickets:
    """`Tickets` of one connection at one revision, for this process's provider."""

    def __init__(self, store: TicketStore, connection_id: UUID, revision: int) -> None:
        self._store, self._connection_id, self._revision = store, connection_id, revision
        self._known: dict[str, Ticket] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._alone = MemoryTickets(store.now)

    async def get(self, name: str, sign_in: SignIn, refused: str | None = None) -> Ticket:
        """As `Tickets` promises it, for all processes together."""
        async with self._turns[name]:
            known = self._known.get(name)
            if known is None or not known.serves(self._store.now(), refused):
                self._known.pop(name, None)
                known = self._known[name] = await self._shared(name, sign_in, refused)
            return known

    async def _shared(self, name: str, sign_in: SignIn, refused: str | None) -> Ticket:
        desk, claim = Desk(self._connection_id, self._revision, name), uuid4()
        try:
            async with asyncio.timeout(LEASE.total_seconds()):
                # another process signs in: only the database can tell when it is done
                while not (taken := await self._store.take(desk, claim, refused)):  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_AGAIN_SECONDS)
        except TimeoutError as exc:
            raise ProviderUnavailable from exc
        except Outdated:  # what it does now must not touch the tickets of its successor
            return await self._alone.get(name, sign_in, refused)
        return taken if isinstance(taken, Ticket) else await self._signed_in(desk, claim, sign_in)

    async def _signed_in(self, desk: Desk, claim: UUID, sign_in: SignIn) -> Ticket:
        try:
            async with asyncio.timeout(SIGN_IN_SECONDS):
                ticket = await sign_in()
        except BaseException as exc:
            await self._store.give_up(desk, claim, refused=isinstance(exc, AccountBroken))
            if isinstance(exc, TimeoutError):
                raise ProviderUnavailable from exc
            raise
        await self._store.keep(desk, claim, ticket)
        return ticket


def _name(desk: Desk) -> str:
    return f"ticket:{desk.connection_id}:{desk.revision}:{desk.name}"
