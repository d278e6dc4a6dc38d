"""The one way out to providers: bounded time, bounded size, good manners, errors in the house's own words.

What is certain is told apart from what is not: an error before the request left is `ProviderUnavailable`,
an answer lost after a write was sent is `OutcomeUnknown`. When and how often a call is made: `gate.py`.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from app.domain.errors import OutcomeUnknown, ProviderUnavailable
from app.providers.addresses import AddressRefused, GuardedTransport, NameUnknown
from app.providers.gate import SAFE, Answer, Gate, Manners, NeverSent, NotCallable
from app.providers.tickets import MemoryTickets, Tickets

_POOL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class OutboundPolicy:
    """What the deployment allows on the way out. Times in seconds, sizes in bytes.

    Writes get more time than reads: a write that is given up leaves doubt behind.
    """

    connect_seconds: float = 3.0
    read_seconds: float = 6.0
    write_seconds: float = 12.0
    answer_bytes: int = 4_000_000
    allow_private_networks: bool = False
    manners: Manners = field(default_factory=Manners)


@dataclass(slots=True)
class ProviderHttp:
    """An HTTP client for one connection. Redirects are never followed by themselves.

    `tickets`: where this connection's tokens are kept and shared.
    """

    policy: OutboundPolicy = field(default_factory=OutboundPolicy)
    transport: httpx.AsyncBaseTransport | None = None
    tls: ssl.SSLContext | None = None
    tickets: Tickets = field(default_factory=MemoryTickets)
    gate: Gate = None  # type: ignore[assignment] # made below
    clock: Callable[[], float] = time.monotonic
    _client: httpx.AsyncClient | None = None

    def __post_init__(self) -> None:
        self.gate = self.gate or Gate(self.policy.manners, clock=self.clock)

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        read_seconds: float | None = None,
        long_poll: bool = False,
        answer_bytes: int | None = None,
    ) -> httpx.Response:
        """One request, its whole answer. Raises ProviderUnavailable or, for writes, OutcomeUnknown.

        The cause that was seen (`__cause__`) tells an administrator more: see `addresses.py` and httpx.
        `long_poll`: the server answers late on purpose, for up to `read_seconds`. `answer_bytes`: what may
        come where the policy's is known to be too little.
        """
        method = method.upper()
        read = read_seconds or (self.policy.read_seconds if method in SAFE else self.policy.write_seconds)
        timeout = httpx.Timeout(read, connect=self.policy.connect_seconds, pool=_POOL_SECONDS)
        fields = dict(form) if form else None
        try:
            request = self._open().build_request(
                method, url, headers=dict(headers or {}), json=json, data=fields, timeout=timeout
            )
        except (httpx.InvalidURL, ValueError) as exc:
            raise NotCallable from exc
        go = self.gate.beside if long_poll else self.gate.through
        most = answer_bytes or self.policy.answer_bytes
        return await go(method, lambda: self._once(request, read, most))

    async def _once(self, request: httpx.Request, read: float, most: int) -> Answer:
        try:
            # httpx counts the silence between two chunks; an answer that drips must end as well
            async with asyncio.timeout(_POOL_SECONDS + self.policy.connect_seconds + 2 * read):
                return await self._whole(request, most)
        except (httpx.HTTPError, TimeoutError) as exc:
            return _meaning(request.method, exc)

    async def _whole(self, request: httpx.Request, most: int) -> httpx.Response:
        response = await self._open().send(request, stream=True)
        try:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > most:
                    raise httpx.ReadError("the answer is larger than allowed")
        finally:
            await response.aclose()
        headers = [(k, v) for k, v in response.headers.multi_items() if k.lower() != "content-encoding"]
        return httpx.Response(response.status_code, headers=headers, content=bytes(body), request=request)

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            verify = self.tls if self.tls is not None else True
            # how many calls there are at a time is the gate's matter; long polls come on top
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=8)
            transport = self.transport
            if transport is None and not self.policy.allow_private_networks:
                transport = GuardedTransport(verify, limits)
            self._client = httpx.AsyncClient(
                transport=transport, verify=verify, limits=limits, follow_redirects=False, trust_env=False
            )
        return self._client

    def beside(self, tickets: Tickets | None = None) -> "ProviderHttp":
        """A second client behind the same gate, with sockets (and, if given, tickets) of its own."""
        return replace(self, tickets=tickets or self.tickets, _client=None)

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _meaning(method: str, exc: httpx.HTTPError | TimeoutError) -> ProviderUnavailable | OutcomeUnknown:
    error = _kind(method, exc)()
    error.__cause__ = exc
    return error


def _kind(method: str, exc: BaseException) -> type[ProviderUnavailable] | type[OutcomeUnknown]:
    if isinstance(exc, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        return NotCallable
    if isinstance(exc, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return NotCallable if isinstance(exc.__cause__, AddressRefused | NameUnknown) else NeverSent
    return ProviderUnavailable if method in SAFE else OutcomeUnknown
