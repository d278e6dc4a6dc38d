"""Slows down whoever guesses a password, from one network or from thousands, and locks nobody out for good.

- Ten failures in a minute close an account to that network, until the first of them is a minute old.
- Thirty failures in a quarter of an hour, wherever they came from, close it to every browser in which it was
  never signed in, until the first of them is so old.
- A browser in which it was signed in holds a mark, and is counted for itself alone, to thirty as well:
  strangers cannot close the account to it, not even from the same network. Whoever has another browser comes
  in by an administrator's link, which is never counted and leaves a mark, or by the company's own sign-in.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from uuid import UUID

from app.domain.clock import Clock
from app.domain.errors import Throttled
from app.services.keys import Keys, Purpose
from app.services.throttle import Throttle

FROM_ONE_NETWORK = 10  # in a minute
FROM_ANYWHERE, WHILE = 30, timedelta(minutes=15)
MARK_LIFE = timedelta(days=180)
STRANGE = ""  # all browsers without a mark together
HELD_BACK = (
    "Too many failed attempts for this account. Sign in from a browser in which you were signed in before, "
    "wait a quarter of an hour, or ask an administrator for a link."
)


@dataclass(frozen=True, slots=True)
class Guesser:
    """Who types a password: for which account (a person key), from where, in which marked browser."""

    account: str
    address: str
    browser: str = STRANGE

    @property
    def network(self) -> str:
        """Whoever has one IPv6 address has 2⁶⁴ of them: those count as one."""
        wide = ":" in self.address
        return str(ip_network(f"{self.address}/64", strict=False)) if wide else self.address


class Guesses:
    """Counts in this process only, like every throttle here."""

    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys, self._clock = keys, clock
        self._networks = Throttle(clock, FROM_ONE_NETWORK)
        self._browsers = Throttle(clock, FROM_ANYWHERE, WHILE)

    def check(self, who: Guesser) -> None:
        """Raise Throttled while this account is closed to them."""
        if who.browser == STRANGE:
            self._networks.check(who.account, who.network)
        try:
            self._browsers.check(who.account, who.browser)
        except Throttled as exc:
            raise Throttled(exc.retry_after, HELD_BACK) from exc

    def failed(self, who: Guesser) -> str:
        """One more failure; to whom the account is closed by it, empty while it is open."""
        browser = self._browsers.failed(who.account, who.browser)
        if who.browser != STRANGE:
            return "this browser" if browser else ""
        network = self._networks.failed(who.account, who.network)
        if browser:
            return "every browser in which it was never signed in"
        return "this network" if network else ""

    def succeeded(self, who: Guesser) -> None:
        """They start anew; what strangers failed at from elsewhere still counts for strangers."""
        if who.browser == STRANGE:
            self._networks.succeeded(who.account, who.network)
        else:
            self._browsers.succeeded(who.account, who.browser)

    async def mark(self, user_id: UUID) -> str:
        """What a browser holds from now on, in which this user proved who they are. It opens nothing."""
        until, name = int((self._clock() + MARK_LIFE).timestamp()), secrets.token_hex(16)
        key = await self._keys.newest(Purpose.SIGN_IN)
        return f"{name}.{until}.{_mac(key.material, user_id, name, until)}"

    async def browser(self, mark: str, user_id: UUID | None) -> str:
        """The name of a browser with a good mark of this user, else STRANGE."""
        name, _, rest = mark.partition(".")
        until, _, mac = rest.partition(".")
        plain = until.isascii() and until.isdigit() and len(until) < 16
        if user_id is None or not plain or int(until) <= self._clock().timestamp():
            return STRANGE
        for key in await self._keys.all(Purpose.SIGN_IN):
            right = _mac(key.material, user_id, name, int(until))
            if hmac.compare_digest(right.encode(), mac.encode("utf-8", "surrogatepass")):
                return name
        return STRANGE


def _mac(key: bytes, user_id: UUID, name: str, until: int) -> str:
    return hmac.digest(
        key, f"known browser {user_id} {name} {until}".encode("utf-8", "surrogatepass"), hashlib.sha256
    ).hex()
