"""One account at one server: found, signed in, its application made once and made anew when it is dropped."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar
from uuid import NAMESPACE_URL, uuid5

import httpx

from app.domain.errors import OutcomeUnknown, ProviderError, ProviderUnavailable
from app.providers.http import ProviderHttp
from app.providers.lync import discovery
from app.providers.lync.application import Application
from app.providers.lync.config import LyncSettings
from app.providers.lync.discovery import HOPS, Discovery, Found
from app.providers.lync.errors import AccountTrouble, ApplicationLost, ServerTrouble, advice_of, judge
from app.providers.lync.line import Line
from app.providers.lync.signin import SignIn
from app.providers.lync.trust import Trust
from app.providers.lync.wire import absolute, body, href

USER_AGENT = "vILT-Connector/1.0"
T = TypeVar("T")


class Ucwa:
    """One account at one server. `purpose` keeps applications of different use apart."""

    def __init__(self, settings: LyncSettings, http: ProviderHttp, purpose: str = "scheduling") -> None:
        trust = Trust.of(settings)
        self.discovery = Discovery(http, settings.endpoint, trust)
        self._line = Line(http, SignIn(settings, http, trust), trust)
        self._trust = trust
        # stable per machine: a restart or a second worker gets the same application, not one more
        self._endpoint_id = str(uuid5(NAMESPACE_URL, f"{socket.gethostname()}|{settings.username}|{purpose}"))
        self._application: Application | None = None
        self._lock = asyncio.Lock()
        self._broken_connections = 0

    async def run(self, deed: Callable[[Application], Awaitable[T]]) -> T:
        """Do `deed` with a living application; once more with a new one if the server dropped it meanwhile.

        Safe for writes: the server says so before it looks at the request.
        """
        try:
            done = await self._run(deed)
        except (ProviderUnavailable, OutcomeUnknown) as exc:
            self._broken_connections += exc.__cause__ is not None  # no answer at all, whatever its status
            raise
        self._broken_connections = 0
        return done

    async def _run(self, deed: Callable[[Application], Awaitable[T]]) -> T:
        application = await self.open()
        try:
            return await deed(application)
        except ApplicationLost:
            self._drop(application)
        application = await self.open()
        try:
            return await deed(application)
        except ApplicationLost:
            self._drop(application)
            raise

    def _drop(self, application: Application) -> None:
        if self._application is application:
            self._application = None

    async def open(self) -> Application:
        """The running application, made if there is none."""
        async with self._lock:
            worn = self._application is not None and self._application.worn
            if worn or self._broken_connections >= 2:
                self._application, self._broken_connections = None, 0
                self.discovery.forget()
            if self._application is None:
                self._application = await self._create()
            return self._application

    async def _create(self) -> Application:
        found = await self.discovery.root()
        url = await self._applications(found)
        response = self._good(await self._post(url))
        resource = body(response)
        own = href(resource, "self") or response.headers.get("location", "")
        if not own:
            raise ServerTrouble("The server made an application without an address.")
        return Application(absolute(url, own), resource, self._line, found)

    def _good(self, response: httpx.Response) -> httpx.Response:
        if response.status_code in {403, 502}:
            self.discovery.forget()
        if response.status_code not in {200, 201}:
            raise judge(response)
        return response

    async def _applications(self, found: Found) -> str:
        """The applications link; redirects at the user link are followed, to trusted hosts only."""
        url = found.user_url
        for _ in range(HOPS):
            response = self._good(await self._line.call("GET", url))
            if link := discovery.applications(body(response)):
                target = absolute(url, link)
                self._trust.require(target, "The server's user resource")
                return target
            redirect = href(body(response), "redirect")
            if redirect is None:
                raise AccountTrouble("The account is known to the server, but may not use UCWA applications.")
            url = discovery.user_of(absolute(url, redirect))
            self._trust.require(url, "The server's user resource")
        raise AccountTrouble(f"The server's user resource was still pointing elsewhere after {HOPS} steps.")

    async def _post(self, url: str) -> httpx.Response:
        wanted = {"UserAgent": USER_AGENT, "EndpointId": self._endpoint_id, "Culture": "en-US"}
        try:
            return await self._line.call("POST", url, json=wanted)
        except OutcomeUnknown:  # the same endpoint gets the same application: a repeat makes no second one
            pass
        try:
            return await self._line.call("POST", url, json=wanted)
        except OutcomeUnknown as exc:
            raise ServerTrouble(
                f"The server did not say whether it made an application: {advice_of(exc)}."
            ) from exc

    async def aclose(self) -> None:
        """Sign out: take the application off the server. Never raises a provider error."""
        application, self._application = self._application, None
        if application is not None:
            with suppress(ProviderError):
                await self._line.call("DELETE", application.url)
