"""The line to the server: each call carries the ticket, a refused one is renewed once."""

from collections.abc import Mapping
from typing import Any

import httpx

from app.providers.http import ProviderHttp
from app.providers.lync.challenge import read_challenge
from app.providers.lync.errors import ServerTrouble
from app.providers.lync.signin import SignIn
from app.providers.lync.trust import Trust


class Line:
    """Signed-in calls of one account."""

    def __init__(self, http: ProviderHttp, signin: SignIn, trust: Trust) -> None:
        self._http, self._signin, self._trust = http, signin, trust

    async def call(
        self, method: str, url: str, *, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """The server's answer, whatever its status, but never one that only says: sign in again.

        Repeating after a 401 is safe for writes too: the server looked at the ticket and at nothing else.
        """
        self._trust.require(url, "The server")
        return await self._signed(method, url, json, headers or {}, None)

    async def wait(self, url: str, seconds: float) -> httpx.Response:
        """A long poll of up to `seconds`."""
        self._trust.require(url, "The server")
        return await self._signed("GET", url, None, {}, seconds)

    async def _signed(
        self, method: str, url: str, json: Any, headers: Mapping[str, str], seconds: float | None
    ) -> httpx.Response:
        host = httpx.URL(url).host
        ticket = await self._signin.ticket(host)
        for last in (False, True):
            signed = {"Accept": "application/json", **headers}
            if ticket:
                signed["Authorization"] = f"Bearer {ticket}"
            response = await self._http.send(
                method, url, headers=signed, json=json, read_seconds=seconds, long_poll=seconds is not None
            )
            challenge = read_challenge(response)
            if response.status_code != 401 and not (response.status_code == 403 and challenge):
                return response
            if not last:
                ticket = await self._signin.renew(host, challenge, ticket)
        # the password was right, so this is no fault of the account
        raise ServerTrouble("The server issued a ticket and then did not accept it. Is its clock right?")
