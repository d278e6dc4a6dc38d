"""The door for providers on a real server: from the LMS's class to the LMS's list of attendees."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from app.db.tables import connections
from app.hooks.entrance import MOST_BYTES
from app.settings import Settings
from app.wiring import open_house
from tests.conftest import SECRET, Server, serving
from tests.providers.jitsi.bench import lead_to_jitsi, prosody
from tests.providers.jitsi.prosody import deliver


async def _lead(settings: Settings) -> UUID:
    async with open_house(settings) as house:
        async with house.db.read() as tx:
            connection_id: UUID = (await tx.execute(select(connections.c.id))).scalar_one()
        await lead_to_jitsi(house, connection_id)
    return connection_id


@pytest.fixture
def hooked(database_url: str) -> Iterator[tuple[Server, str]]:
    """A service whose only connection is a Jitsi, and the address that its server sends to."""
    with serving(Settings(database_url=database_url, secret_key=SECRET)) as running:
        connection_id = asyncio.run(_lead(running.settings))
        yield running, f"{running.base_url}/hooks/{connection_id}"


@pytest.fixture
def address(hooked: tuple[Server, str]) -> str:
    return hooked[1]


async def _launched(http: httpx.AsyncClient, external_id: str, email: str) -> str:
    """Where the person ends up: the LMS asks for the link, the person opens it."""
    path = f"/session/{external_id}/user/{b64encode(email.encode()).decode()}/url"
    link = (await http.get(path)).json()["data"]["joinUrl"]
    async with httpx.AsyncClient() as browser:
        return (await browser.get(link)).headers["location"]


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
async def test_the_whole_loop_with_a_server_that_pushes(hooked: tuple[Server, str], seed: int | None) -> None:
    service, address = hooked
    now, server = datetime.now(UTC), prosody()
    external_id, at = str(uuid4()), int(now.timestamp())
    begin, end = now - timedelta(minutes=1), now + timedelta(minutes=59)
    async with httpx.AsyncClient(base_url=service.base_url, auth=service.auth) as lms:
        made = await lms.post("/session", json={
            "SessionId": external_id, "Title": "Fire safety", "Description": "",
            "CreatorEmail": "a@example.com",
            "DateBegin": f"{begin:%Y-%m-%dT%H:%M:%S}", "DateEnd": f"{end:%Y-%m-%dT%H:%M:%S}",
            "TimeZone": {"UTCOffset": "+00:00"},
        })  # fmt: skip
        assert made.status_code == 200, made.text
        stayed = server.join(await _launched(lms, external_id, "Stayed@example.com"), at)
        peeped = server.join(await _launched(lms, external_id, "peeped@example.com"), at)
        (room,) = server.rooms
        server.leave(room, peeped, at + 60)
        server.leave(room, stayed, at + 3000)
        server.destroy(room, at + 3001)
        assert set(await deliver(server, address, seed=seed)) == {204}
        attendees = (await lms.get(f"/session/{external_id}/attendees")).json()["data"]["attendees"]
    assert [one["email"] for one in attendees] == ["Stayed@example.com"]


async def test_unknown_and_malformed_addresses_are_answered_alike(address: str) -> None:
    base = address.rpartition("/")[0]
    paths = (f"{base}/{uuid4()}", f"{base}/{uuid4()}/events/room/created", f"{base}/nothing", f"{base}/%00/x")
    async with httpx.AsyncClient() as http:
        answers = [await http.post(path, content=b"{}", headers=prosody().headers()) for path in paths]
    assert {(one.status_code, one.text) for one in answers} == {
        (404, '{"error":"There is nothing at this address."}')
    }


async def test_a_wrong_secret_is_401_and_after_many_a_wait(address: str) -> None:
    async with httpx.AsyncClient() as http:
        for _ in range(30):
            answer = await http.post(address, content=b"{}", headers={"Authorization": "Bearer wrong"})
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="hooks"')
        waits = await http.post(address, content=b"{}", headers={"Authorization": "Bearer wrong"})
    assert waits.status_code == 401
    assert 0 < int(waits.headers["retry-after"]) <= 60


async def test_nonsense_is_accepted_so_that_nobody_repeats_it_for_ever(address: str) -> None:
    async with httpx.AsyncClient() as http:
        for body in (b"", b"{", b"\x00", b"null", "é".encode("latin-1")):
            answer = await http.post(f"{address}/events/x", content=body, headers=prosody().headers())
            assert answer.status_code == 202, body


async def test_a_huge_body_is_refused(address: str) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.post(address, content=b"x" * (MOST_BYTES + 1), headers=prosody().headers())
    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_only_post_is_taken(address: str, method: str) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.request(method, address)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_the_numbers_tell_what_was_pushed(hooked: tuple[Server, str]) -> None:
    service, address = hooked
    async with httpx.AsyncClient() as http:
        await http.post(address, content=b"{", headers=prosody().headers())
        await http.post(address, content=b"{", headers={})
        told = (await http.get(f"{service.base_url}/metrics")).text
    assert 'vilt_pushes_total{outcome="nonsense",provider="jitsi"}' in told
    assert 'vilt_pushes_total{outcome="refused",provider="jitsi"}' in told
    assert 'route="/hooks/{connection_id}"' in told
