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
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        answer_bytes: int | None = None,
    ) -> httpx.Response:
        """The server's answer, whatever its status, but never one that only says: sign in again.

        Repeating after a 401 is safe for writes too: the server looked at the ticket and at nothing else.
        """
        self._trust.require(url, "The server")
        return await self._signed(method, url, headers or {}, json=json, answer_bytes=answer_bytes)

    async def wait(self, url: str, seconds: float) -> httpx.Response:
        """A long poll of up to `seconds`."""
        self._trust.require(url, "The server")
        return await self._signed("GET", url, {}, read_seconds=seconds, long_poll=True)

    async def _signed(self, method: str, url: str, headers: Mapping[str, str], **how: Any) -> httpx.Response:
        host = httpx.URL(url).host
        ticket = await self._signin.ticket(host)
        for last in (False, True):
            signed = {"Accept": "application/json", **headers}
            if ticket:
                signed["Authorization"] = f"Bearer {ticket}"
            response = await self._http.send(method, url, headers=signed, **how)
            challenge = read_challenge(response)
            if response.status_code != 401 and not (response.status_code == 403 and challenge):
                return response
            if not last:
                ticket = await self._signin.renew(host, challenge, ticket)
        # the password was right, so this is no fault of the account
        raise ServerTrouble("The server issued a ticket and then did not accept it. Is its clock right?")
