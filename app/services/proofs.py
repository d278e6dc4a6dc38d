"""Whether a password is right: one guess at a time, told alike for every reason, and written down."""

import asyncio
import math
from typing import Any
from weakref import WeakValueDictionary

import structlog

from app.db.users import User
from app.domain.actor import unproven
from app.domain.arrivals import Arrival
from app.domain.errors import UnknownCaller
from app.services.guesses import Guesser, Guesses
from app.services.passwords import Passwords
from app.services.refusals import Refusals

REFUSAL = "The e-mail address or the password is not correct."
STEP = 0.25  # seconds

log = structlog.get_logger(__name__)


class Proofs:
    """A refusal of a known account is written down in its tenant's trail. What was typed for an account that
    there is not belongs to no tenant, and may be a password in the wrong field: it is nowhere."""

    def __init__(self, guesses: Guesses, refusals: Refusals) -> None:
        self._guesses, self._refusals = guesses, refusals
        self._passwords = Passwords()
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def prove(self, user: User | None, password: str, who: Guesser, refused: Arrival) -> None:
        """Raise UnknownCaller, alike for every reason, Throttled or Busy; `refused`: what the trail calls it.

        A refusal ends at a full quarter of a second: what is written down of a known account takes time, and
        that must not tell which accounts there are.
        """
        began = asyncio.get_running_loop().time()
        turn = self._turns.setdefault((who.account, who.browser), asyncio.Lock())
        async with turn:  # so that a burst of guesses is throttled too
            self._guesses.check(who)
            stored = user.password if user is not None and user.active else None
            if await self._passwords.matches(stored, password):
                self._guesses.succeeded(who)
                return
            closed = self._guesses.failed(who)
        log.info("password refused", user_id=str(user.id) if user else None, address=who.address)
        if user is not None:
            await self._note(user, who, refused, closed)
        await asyncio.sleep(_until_the_step(asyncio.get_running_loop().time() - began))
        raise UnknownCaller(REFUSAL)

    async def hashed(self, password: str) -> str:
        """The form in which `password` is stored."""
        return await self._passwords.hashed(password)

    async def renewed(self, stored: str, password: str) -> str | None:
        """The same password with today's parameters, where it was stored with older ones."""
        return await self._passwords.hashed(password) if self._passwords.is_outdated(stored) else None

    async def _note(self, user: User, who: Guesser, refused: Arrival, closed: str) -> None:
        after: dict[str, Any] = {"by": "password", "why": _why(user)}
        if closed:
            after["closed_to"] = closed
            refused = Arrival.LOGIN_THROTTLED
        actor = unproven(user.tenant_id, user.email, who.address)
        await self._refusals.note(actor, refused, f"user:{user.id}", after)


def _why(user: User) -> str:
    if not user.active:
        return "the user is deactivated"
    return "no password is set" if user.password is None else "the password was wrong"


def _until_the_step(passed: float) -> float:
    return math.ceil(passed / STEP) * STEP - passed
