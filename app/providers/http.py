"""The one way out to providers: bounded time, bounded size, errors in the house's own words.

What is certain is told apart from what is not: an error before the request left is `ProviderUnavailable`,
an answer lost after a write was sent is `OutcomeUnknown`.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from app.domain.errors import OutcomeUnknown, ProviderUnavailable
from app.providers.addresses import GuardedTransport

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
_POOL_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class OutboundPolicy:
    """What the deployment allows on the way out. Times in seconds, sizes in bytes."""

    connect_seconds: float = 3.0
    read_seconds: float = 6.0
    at_once: int = 16
    answer_bytes: int = 4_000_000
    allow_private_networks: bool = False


@dataclass(slots=True)
class ProviderHttp:
    """An HTTP client for one connection. Redirects are never followed by themselves."""

    policy: OutboundPolicy = field(default_factory=OutboundPolicy)
    transport: httpx.AsyncBaseTransport | None = None
    tls: ssl.SSLContext | None = None
    _client: httpx.AsyncClient | None = None

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        read_seconds: float | None = None,
    ) -> httpx.Response:
        """One request, its whole answer. Raises ProviderUnavailable or, for writes, OutcomeUnknown.

        The cause that was seen (`__cause__`) tells an administrator more: see `addresses.py` and httpx.
        """
        read = read_seconds or self.policy.read_seconds
        timeout = httpx.Timeout(read, connect=self.policy.connect_seconds, pool=_POOL_SECONDS)
        fields = dict(form) if form else None
        try:
            request = self._open().build_request(
                method, url, headers=dict(headers or {}), json=json, data=fields, timeout=timeout
            )
        except (httpx.InvalidURL, ValueError) as exc:
            raise ProviderUnavailable from exc
        try:
            # httpx counts the silence between two chunks; an answer that drips must end as well
            async with asyncio.timeout(_POOL_SECONDS + self.policy.connect_seconds + 2 * read):
                return await self._whole(request)
        except _NEVER_SENT as exc:
            raise ProviderUnavailable from exc
        except (httpx.HTTPError, TimeoutError) as exc:
            if method.upper() in SAFE:
                raise ProviderUnavailable from exc
            raise OutcomeUnknown from exc

    async def _whole(self, request: httpx.Request) -> httpx.Response:
        response = await self._open().send(request, stream=True)
        try:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > self.policy.answer_bytes:
                    raise httpx.ReadError("the answer is larger than allowed")
        finally:
            await response.aclose()
        headers = [(k, v) for k, v in response.headers.multi_items() if k.lower() != "content-encoding"]
        return httpx.Response(response.status_code, headers=headers, content=bytes(body), request=request)

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            verify = self.tls if self.tls is not None else True
            limits = httpx.Limits(max_connections=self.policy.at_once, max_keepalive_connections=8)
            transport = self.transport
            if transport is None and not self.policy.allow_private_networks:
                transport = GuardedTransport(verify, limits)
            self._client = httpx.AsyncClient(
                transport=transport, verify=verify, limits=limits, follow_redirects=False, trust_env=False
            )
        return self._client

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None
