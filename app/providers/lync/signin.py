"""Signing in: the challenge is read, the password exchanged for a ticket, the store keeps and shares it.

A password that was refused is not sent again for a while: directories lock accounts that are hammered.
"""

import hashlib
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import httpx

from app.domain.clock import utc_now
from app.domain.errors import OutcomeUnknown, ProviderError, ProviderUnavailable
from app.providers.http import ProviderHttp
from app.providers.lync.challenge import Challenge
from app.providers.lync.config import LyncSettings
from app.providers.lync.errors import AccountTrouble, ServerTrouble, advice_of, judge
from app.providers.lync.trust import Trust
from app.providers.lync.wire import body
from app.providers.tickets import Ticket

LEAVE_ALONE_SECONDS = 600.0
_LIFETIME_UNSAID, _LONGEST_LIFETIME = 900.0, 86_400.0


@dataclass(slots=True)
class Refusals:
    """Passwords that were refused, remembered as keyed digests until the time to leave them alone is over."""

    clock: Callable[[], float] = time.monotonic
    _key: bytes = field(default_factory=lambda: os.urandom(32))
    _until: dict[bytes, float] = field(default_factory=dict)

    def digest(self, *parts: str) -> bytes:
        return hashlib.blake2b("\0".join(parts).encode(), key=self._key, digest_size=16).digest()

    def remember(self, credentials: bytes) -> None:
        now = self.clock()
        self._until = {known: until for known, until in self._until.items() if until > now}
        self._until[credentials] = now + LEAVE_ALONE_SECONDS

    def seconds_left(self, credentials: bytes) -> float:
        return max(0.0, self._until.get(credentials, 0.0) - self.clock())

    def clear(self) -> None:
        self._until.clear()


# Of the process, not of a connection: trying the same settings again in a new form must not hammer either.
REFUSALS = Refusals()


class SignIn:
    """The tickets of one account, by the desk that issued them."""

    def __init__(self, settings: LyncSettings, http: ProviderHttp, trust: Trust) -> None:
        self._user, self._password = settings.username, settings.password
        self._http, self._trust = http, trust
        self._credentials = REFUSALS.digest(
            settings.api_endpoint, settings.username, settings.password.get_secret_value()
        )
        self._desk_of: dict[str, str] = {}

    async def ticket(self, host: str) -> str | None:
        """A ticket that `host` should accept; None before the first challenge. Renews an expired one."""
        desk = self._desk_of.get(host) or next(iter(self._desk_of.values()), "")
        return await self._get(desk, None) if desk else None

    async def renew(self, host: str, challenge: Challenge | None, refused: str | None) -> str:
        """A ticket other than `refused`, from the desk that the challenge names. Raises provider errors."""
        desk = challenge.ticket_url if challenge else self._desk_of.get(host, "")
        if not desk:
            raise AccountTrouble(
                "The server asks for a sign-in, but not as an MS Lync server does (no MsRtcOAuth challenge)."
            )
        if challenge and challenge.grants and "password" not in challenge.grants:
            raise AccountTrouble(
                "The server does not accept a user name and password here; it offers: "
                f"{', '.join(challenge.grants)}. Ask its administrator to allow the password grant."
            )
        text = await self._get(desk, refused)
        self._desk_of[host] = desk
        return text

    async def _get(self, desk: str, refused: str | None) -> str:
        return (await self._http.tickets.get(desk, lambda: self._exchange(desk), refused)).text

    async def _exchange(self, desk: str) -> Ticket:
        self._trust.require(desk, "The server's sign-in")
        if left := REFUSALS.seconds_left(self._credentials):
            raise AccountTrouble(
                "The server refused this user name and password. To keep the account from being locked "
                f"they are not tried again for {left / 60:.0f} min, or until other ones are saved."
            )
        response = await self._post(desk)
        text, life = body(response).get("access_token"), body(response).get("expires_in")
        if response.status_code != 200:
            raise self._refusal(response)
        if not isinstance(text, str) or not re.fullmatch(r"[\x21-\x7e]+", text):
            raise ServerTrouble("The server's sign-in answered without a ticket.")
        seconds = float(life) if isinstance(life, int | float) and life > 0 else _LIFETIME_UNSAID
        used_for = min(seconds, _LONGEST_LIFETIME) - min(60.0, seconds / 10)
        return Ticket(text, utc_now() + timedelta(seconds=used_for))

    async def _post(self, desk: str) -> httpx.Response:
        form = {
            "grant_type": "password",
            "username": self._user,
            "password": self._password.get_secret_value(),
        }
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8",
        }
        try:
            return await self._http.send("POST", desk, headers=headers, form=form)
        except (ProviderUnavailable, OutcomeUnknown) as exc:  # a lost ticket changes nothing
            wait = exc.retry_after if isinstance(exc, ProviderUnavailable) else None
            said = f"The server's sign-in could not be reached: {advice_of(exc)}"
            raise ServerTrouble(f"{said.rstrip('.')}.", wait) from exc

    def _refusal(self, response: httpx.Response) -> ProviderError:
        error = body(response).get("error")
        if error == "invalid_grant" or response.status_code in {401, 403}:
            REFUSALS.remember(self._credentials)
            return AccountTrouble(
                "The server refused the user name or the password. Check both; the account may also be "
                "locked, expired or not enabled for MS Lync. They are not tried again for "
                f"{LEAVE_ALONE_SECONDS / 60:.0f} minutes, or until other ones are saved."
            )
        if error == "unsupported_grant_type":
            return AccountTrouble("The server's administrator has switched the password grant off.")
        if error == "server_error":
            return ServerTrouble("The server's sign-in failed on the server's side (server_error).")
        if response.status_code >= 500:
            return ServerTrouble(f"The server's sign-in answered {response.status_code}.")
        return judge(response)
