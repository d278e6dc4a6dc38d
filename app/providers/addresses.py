"""Which network addresses may be called: the guard against endpoints that point into our own house (SSRF).

A name is resolved once, every address it stands for is judged, and the connection goes to an address that
was judged: a name that changes its meaning between the look and the call (DNS rebinding) gains nothing.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable

import httpcore
import httpx

Resolved = list[str]
Options = Iterable[httpcore.SOCKET_OPTION] | None


class AddressRefused(httpcore.ConnectError):
    """The name stands for an address that this deployment does not call."""


class NameUnknown(httpcore.ConnectError):
    """The name stands for no address at all."""


def is_public(address: str) -> bool:
    """Whether `address` can belong to a Internet server: no loopback, private, link-local, reserved."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or _nat64(parsed)
        if inner is not None:
            return is_public(str(inner))
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


def _nat64(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


async def resolve(host: str, port: int) -> Resolved:
    """Every address of `host`, in the system's order. Raises NameUnknown."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise NameUnknown(f"the name {host} is not known") from exc
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only. TLS still proves the name: httpcore keeps it for the handshake."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend | None = None) -> None:
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        local_address: str | None = None,
        socket_options: Options = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await asyncio.wait_for(resolve(host, port), timeout)
        except TimeoutError as exc:
            raise httpcore.ConnectTimeout(f"looking up {host} took too long") from exc
        if not all(is_public(address) for address in addresses):
            raise AddressRefused(f"{host} stands for a loopback, private or reserved address")
        return await self._first_that_answers(addresses, port, timeout, socket_options)

    async def _first_that_answers(
        self, addresses: Resolved, port: int, seconds: float | None, options: Options
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception = NameUnknown("the name stands for no address")
        for address in addresses[:3]:
            try:
                return await self._inner.connect_tcp(address, port, seconds, None, options)
            except httpcore.ConnectTimeout:
                raise  # the time for connecting is spent
            except httpcore.ConnectError as exc:
                failure = exc
        raise failure

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over a guarded network. httpx has no public seam for it; a test watches ours."""

    def __init__(self, verify: object, limits: httpx.Limits) -> None:
        super().__init__(verify=verify, limits=limits, trust_env=False)  # type: ignore[arg-type]
        self._pool._network_backend = GuardedNetwork()
