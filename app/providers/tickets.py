"""Tickets: what a sign-in yields and later calls carry. Kept and shared outside of the provider.

A provider says how to sign in; when that is done, and that only one does it at a time, is the store's matter.
The service shares tickets between its processes (services/tickets.py); tests and trials use memory.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.domain.clock import Clock, utc_now


@dataclass(frozen=True, slots=True)
class Ticket:
    """`expires_at`: not used from then on; choose it a little before the provider's own end."""

    text: str = field(repr=False)
    expires_at: datetime

    def serves(self, now: datetime, refused: str | None) -> bool:
        """Whether it may be used: alive, and not the one that the provider has just refused."""
        return now < self.expires_at and self.text != refused


SignIn = Callable[[], Awaitable[Ticket]]


class Tickets(Protocol):
    """The tickets of one connection, by names that the provider chooses (one for each place to sign in)."""

    async def get(self, name: str, sign_in: SignIn, refused: str | None = None) -> Ticket:
        """A living ticket other than `refused`; `sign_in` is awaited where there is none, by one at a time.

        Raises what `sign_in` raises, AccountBroken while a refused account is left alone, and
        ProviderUnavailable where somebody else's sign-in does not end.
        """


class MemoryTickets:
    """Tickets of this process alone."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock
        self._known: dict[str, Ticket] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, name: str, sign_in: SignIn, refused: str | None = None) -> Ticket:
        async with self._turns[name]:
            known = self._known.get(name)
            if known is None or not known.serves(self._clock(), refused):
                self._known.pop(name, None)
                known = self._known[name] = await sign_in()
            return known
