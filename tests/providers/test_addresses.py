"""The way out never leads into our own house, and never takes for ever."""

import asyncio
import socket

import httpx
import pytest

from app.domain.errors import OutcomeUnknown, ProviderUnavailable
from app.providers.addresses import AddressRefused, NameUnknown, is_public
from app.providers.http import OutboundPolicy, ProviderHttp


def causes(exc: BaseException | None):
    while exc is not None:
        yield exc
        exc = exc.__cause__


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.9",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "nonsense",
    ],
)
def test_an_ipv4_address_that_is_not_on_the_internet_is_told_apart(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["::1", "fe80::1%1", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"],
)
def test_an_ipv6_address_that_is_not_on_the_internet_is_told_apart(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1"])
def test_an_address_on_the_internet_may_be_called(address):
    assert is_public(address)


@pytest.fixture
async def server():
    """A server on loopback that drips: a byte now and then, never a whole answer."""

    async def drip(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        try:
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)
        except ConnectionError:
            pass

    listening = await asyncio.start_server(drip, "127.0.0.1", 0)
    yield listening.sockets[0].getsockname()[1]
    listening.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "[::ffff:127.0.0.1]"])
async def test_loopback_is_refused_before_a_connection_is_made(server, host):
    http = ProviderHttp()
    with pytest.raises(ProviderUnavailable) as caught:
        await http.send("GET", f"http://{host}:{server}/")
    assert any(isinstance(cause, AddressRefused) for cause in causes(caught.value))
    await http.aclose()


async def test_one_private_address_among_public_ones_refuses_the_name(monkeypatch):
    async def both(self, host, port, **_):
        return [(socket.AF_INET, 1, 6, "", (ip, port)) for ip in ("93.184.216.34", "10.0.0.1")]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", both)
    with pytest.raises(ProviderUnavailable) as caught:
        await ProviderHttp().send("GET", "http://rebind.example/")
    assert any(isinstance(cause, AddressRefused) for cause in causes(caught.value))


async def test_a_name_that_does_not_exist_is_said_to_be_unknown():
    with pytest.raises(ProviderUnavailable) as caught:
        await ProviderHttp().send("GET", "http://no-such-name.invalid/")
    assert any(isinstance(cause, NameUnknown) for cause in causes(caught.value))


async def test_the_deployment_may_allow_private_networks_and_a_dripping_answer_still_ends(
    server, monkeypatch
):
    monkeypatch.setattr("app.providers.http._POOL_SECONDS", 0.1)
    quick = OutboundPolicy(0.1, 0.1, write_seconds=0.1, allow_private_networks=True)
    http = ProviderHttp(quick)
    with pytest.raises(ProviderUnavailable):
        await http.send("GET", f"http://127.0.0.1:{server}/")
    with pytest.raises(OutcomeUnknown):
        await http.send("POST", f"http://127.0.0.1:{server}/", json={})
    await http.aclose()


async def test_an_address_that_cannot_be_written_is_a_refusal_not_a_crash():
    with pytest.raises(ProviderUnavailable):
        await ProviderHttp(transport=httpx.MockTransport(lambda r: httpx.Response(200))).send(
            "GET", "https://[::"
        )
